/** Evidence that looks right for the counts it is given. Normal approximations: nothing here judges anything real. */
import type { Judgement, MetricEvidence, Verdict } from '../../contracts/verdict.ts';

export type ArmTally = { requests: number; errors: number; p99Sum: number };

const THRESHOLD = 200;
const MARGIN = 0.005;
const TOLERANCE = 0.1;

export function newTally(): ArmTally {
  return { requests: 0, errors: 0, p99Sum: 0 };
}

/** @param decided - the verdict of the run; PENDING while it runs */
export function judge(
  [a, b]: readonly [ArmTally, ArmTally],
  decided: Verdict,
  arms: readonly [string, string],
): Judgement {
  if (b.requests === 0)
    return {
      verdict: 'PENDING',
      reason: `Measuring ${arms[0]} before the first request goes to ${arms[1]}.`,
      metrics: [],
    };
  const shareOf = (t: ArmTally): number => t.errors / Math.max(1, t.requests);
  const errorSe = Math.sqrt(
    [a, b].reduce((sum, t) => sum + (shareOf(t) * (1 - shareOf(t)) + 1e-4) / Math.max(1, t.requests), 0),
  );
  const errors = metric('success-rate', 'share', [shareOf(a), shareOf(b)], shareOf(b) - shareOf(a), errorSe, MARGIN, [
    a,
    b,
  ]);
  const p99 = [a, b].map((t) => t.p99Sum / Math.max(1, t.requests));
  const latency = metric(
    'latency p99',
    'ms',
    [p99[0] ?? 0, p99[1] ?? 0],
    (p99[1] ?? 0) / Math.max(0.01, p99[0] ?? 0) - 1,
    3.6 / Math.sqrt(Math.max(1, b.requests)),
    TOLERANCE,
    [a, b],
  );
  const metrics = [errors, latency];
  const open = metrics.filter((m) => m.verdict === 'PENDING').map((m) => m.name);
  const failed = metrics.filter((m) => m.verdict === 'FAIL').map((m) => m.name);
  const reason =
    failed.length > 0
      ? `${arms[1]} is worse than ${arms[0]} in ${failed.join(' and ')}.`
      : open.length === 0
        ? `${arms[1]} is decided in both metrics.`
        : `${arms[1]} looks no worse than ${arms[0]} so far; ${open.join(' and ')} ${open.length === 1 ? 'needs' : 'need'} more requests.`;
  return { verdict: decided, reason, metrics };
}

function metric(
  name: string,
  unit: 'share' | 'ms',
  values: readonly [number, number],
  effect: number,
  se: number,
  limit: number,
  [a, b]: readonly [ArmTally, ArmTally],
): MetricEvidence {
  const evidence = (z: number): number =>
    z <= 0 ? Math.exp(-Math.min(4, z * z) / 2) : Math.min(1e300, Math.exp((z * z) / 2 - Math.log(1 + z)));
  const eRegressed = evidence(effect / se);
  const eSafe = evidence((limit - effect) / se);
  const verdict = eRegressed >= THRESHOLD ? 'FAIL' : eSafe >= THRESHOLD ? 'PASS' : 'PENDING';
  const missing = Math.max(20, b.requests * (Math.log(THRESHOLD) / Math.max(0.2, Math.log(Math.max(1.01, eSafe))) - 1));
  return {
    name,
    unit,
    verdict,
    baseline: { requests: a.requests, value: values[0] },
    candidate: { requests: b.requests, value: values[1] },
    effect,
    interval: [effect - 3.4 * se, effect + 3.4 * se],
    limit,
    eRegressed,
    eSafe,
    threshold: THRESHOLD,
    missingCandidateRequests: verdict === 'PENDING' ? missing : null,
    rule:
      verdict === 'PASS'
        ? `Safe: the evidence that the candidate is not worse by more than the margin reached ${THRESHOLD}.`
        : verdict === 'FAIL'
          ? `Regressed: the evidence that the candidate is worse reached ${THRESHOLD}.`
          : `Undecided: neither e-value has reached ${THRESHOLD} yet.`,
  };
}

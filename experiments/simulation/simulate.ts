/** Many lives of one canary, each with a seed of its own, summed up. */
import { seeded } from '../../analyzer/simulation/random.ts';
import type { CanaryDocument } from '../../contracts/document.ts';
import { live } from './life.ts';
import type { Life } from './life.ts';
import type { Arms } from './rows.ts';

export type Spread = { readonly median: number; readonly p90: number };

export type Outcome = {
  readonly runs: number;
  readonly verdicts: { readonly PASS: number; readonly FAIL: number; readonly INCONCLUSIVE: number };
  /** Of all runs, to their end. */
  readonly candidateRequests: Spread;
  /** Answers of the candidate that failed. */
  readonly candidateErrors: Spread;
  /** From the first step; null when no run came so far. */
  readonly verdictAfterMs: Spread | null;
  /** Virtual time of all runs together. */
  readonly virtualMs: number;
  /** The reason of the first run that ended so. */
  readonly examples: Readonly<Partial<Record<Life['verdict'], string>>>;
};

/** No proxy is told of a simulated run. */
const NOBODYS = { apiVersion: '', kind: 'Canary', metadata: { name: 'simulated' }, spec: {} };

export type Settings = { readonly perMinute: number; readonly runs: number; readonly seed: number };

export function simulate(document: CanaryDocument, arms: Arms, { perMinute, runs, seed }: Settings): Outcome {
  const lives = Array.from({ length: runs }, (_, i) =>
    live({ id: `simulated_${i}`, document, source: NOBODYS }, arms, perMinute, seeded(seed + i)),
  );
  const of = (verdict: Life['verdict']): readonly Life[] => lives.filter((l) => l.verdict === verdict);
  const times = lives.flatMap(({ verdictAfterMs }) => (verdictAfterMs === null ? [] : [verdictAfterMs]));
  const examples = (['PASS', 'FAIL', 'INCONCLUSIVE'] as const).flatMap((verdict) => {
    const first = of(verdict)[0];
    return first ? [[verdict, first.reason] as const] : [];
  });
  return {
    runs,
    verdicts: { PASS: of('PASS').length, FAIL: of('FAIL').length, INCONCLUSIVE: of('INCONCLUSIVE').length },
    candidateRequests: spreadOf(lives.map((l) => l.candidateRequests)),
    candidateErrors: spreadOf(lives.map((l) => l.candidateErrors)),
    verdictAfterMs: times.length === 0 ? null : spreadOf(times),
    virtualMs: lives.reduce((sum, l) => sum + l.lastedMs, 0),
    examples: Object.fromEntries(examples),
  };
}

/** @param values - at least one */
function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
  return { median: at(0.5), p90: at(0.9) };
}

/** What a canary would do, before it does it: scope, traffic touched, duration, and what its analysis can find. Pure. */
import type { CanarySpec } from '../../contracts/canary.ts';
import type { CanaryDocument } from '../../contracts/document.ts';
import { formatDuration, PPM } from '../../contracts/units.ts';
import { timeToEvidence } from './evidence-time.ts';
import { questionsOf } from './questions.ts';
import type { Question, Traffic } from './questions.ts';
import { waitsOf } from './waits.ts';

export type PlannedStep = {
  readonly weightPpm: number;
  readonly holdMs: number;
  readonly candidatePerMinute: number | null;
};

export type PowerRow = Pick<Question, 'metric' | 'question' | 'verdict'> & {
  /** Until there is enough evidence; at the last step's share where nobody knows when; null when no number would do. */
  readonly candidateRequests: number | null;
  /** After the first step began; null when it is not known, or not reached in time. */
  readonly afterMs: number | null;
};

export type Plan = {
  readonly name: string;
  readonly service: string;
  readonly baseline: string;
  readonly candidate: string;
  /** The version that gets as large a share as the candidate, and is compared with it; null: the baseline is. */
  readonly freshBaseline: string | null;
  /** As the document has it; null: all requests to the service. */
  readonly match: CanarySpec['match'] | null;
  readonly sticky: CanarySpec['sticky'] | null;
  readonly traffic: Traffic;
  readonly steps: readonly PlannedStep[];
  readonly maxSharePpm: number;
  /** Evidence that suffices at its first step promotes it from there. */
  readonly early: boolean;
  /** From the start to the end of the watch, when all goes well, and at the most. */
  readonly durationMs: { readonly least: number; readonly most: number };
  readonly power: readonly PowerRow[];
  readonly warnings: readonly string[];
};

export function planCanary({ metadata, spec }: CanaryDocument, traffic: Traffic): Plan {
  const steps = spec.steps.map((step, i) => stepOf(step, spec, traffic.perMinute, i === spec.steps.length - 1));
  const held = steps.reduce((sum, step) => sum + step.holdMs, 0);
  const atLeast = isEarly(spec) ? (steps[0]?.holdMs ?? 0) : held;
  const power = questionsOf(spec.analysis, traffic).map((question) => rowOf(question, steps, spec));
  return {
    name: metadata.name,
    service: spec.service,
    baseline: spec.baseline,
    candidate: spec.candidate,
    freshBaseline: spec.freshBaseline ?? null,
    match: spec.match ?? null,
    sticky: spec.sticky ?? null,
    traffic,
    steps,
    maxSharePpm: steps.at(-1)?.weightPpm ?? 0,
    early: isEarly(spec),
    durationMs: {
      least: Math.min(spec.deadline, spec.measure + atLeast) + spec.watch.for,
      most:
        Math.max(Math.min(spec.deadline, spec.measure + held + extraMs(steps, spec)), spec.measure) + spec.watch.for,
    },
    power,
    warnings: warningsOf(spec, traffic, steps, power),
  };
}

function stepOf(
  { weight, hold }: CanarySpec['steps'][number],
  spec: CanarySpec,
  perMinute: number | null,
  isLast: boolean,
): PlannedStep {
  const candidatePerMinute = perMinute === null ? null : (perMinute * weight) / PPM;
  // The last step waits for the verdict, not for a number; that one request takes too long is a warning.
  const isCounted = !isLast && spec.hold.requests > 1;
  const requestsMs = candidatePerMinute && isCounted ? (spec.hold.requests / candidatePerMinute) * 60_000 : 0;
  return { weightPpm: weight, holdMs: Math.max(hold ?? spec.hold.min, Math.ceil(requestsMs)), candidatePerMinute };
}

/** Whether it may be promoted from its first step. */
function isEarly({ earlyPromotion, steps }: CanarySpec): boolean {
  return earlyPromotion && !steps.slice(1).some((step) => step.approval);
}

/** How much longer than its hold the last step waits for evidence. */
function extraMs(steps: readonly PlannedStep[], spec: CanarySpec): number {
  return Math.max(0, spec.hold.max - (steps.at(-1)?.holdMs ?? 0));
}

function rowOf(
  { metric, question, verdict, needed }: Question,
  steps: readonly PlannedStep[],
  spec: CanarySpec,
): PowerRow {
  const lastPpm = steps.at(-1)?.weightPpm ?? 0;
  // Beside a fresh baseline of its own size the candidate has half of the requests that are compared.
  const at = (ppm: number): number | null => needed(spec.freshBaseline === undefined ? ppm : PPM / 2);
  const found = timeToEvidence(steps, extraMs(steps, spec), at);
  if (!found)
    return { metric, question, verdict, candidateRequests: lastPpm >= PPM ? null : at(lastPpm), afterMs: null };
  const afterMs = verdict === 'PASS' ? promotedAfter(steps, spec, found.afterMs) : found.afterMs;
  return { metric, question, verdict, ...found, afterMs };
}

/** FAIL ends it at once; PASS has to wait for the end of a step: the last one, or one that it may be promoted from. */
function promotedAfter(steps: readonly PlannedStep[], spec: CanarySpec, evidenceMs: number): number {
  let endMs = 0;
  for (const [i, { holdMs }] of steps.entries()) {
    endMs += holdMs;
    const isFree = spec.earlyPromotion && !spec.steps.slice(i + 1).some((step) => step.approval);
    if (isFree && evidenceMs <= endMs) return endMs;
  }
  return Math.max(evidenceMs, endMs);
}

function warningsOf(
  spec: CanarySpec,
  { perMinute }: Traffic,
  steps: readonly PlannedStep[],
  power: readonly PowerRow[],
): string[] {
  const said = waitsOf(spec);
  if (spec.match) said.push('only requests that match take part: the service as a whole has more of them');
  if (perMinute === null)
    return [...said, 'the traffic is not known: give --rate, or ask a control plane that sees it'];
  if (perMinute === 0) return [...said, 'the service has no traffic: the run would end INCONCLUSIVE'];
  const first = steps[0];
  if (first?.candidatePerMinute != null && (first.candidatePerMinute * first.holdMs) / 60_000 < 1)
    said.push(`the first step sends less than one request to ${spec.candidate} in ${formatDuration(first.holdMs)}`);
  for (const row of power) {
    if (row.afterMs !== null) continue;
    const what =
      row.verdict === 'PASS'
        ? 'a candidate as good as the baseline would not PASS'
        : `${row.question} would not be found`;
    said.push(`${row.metric}: ${what} before the last step ends; widen its limit, or hold longer`);
  }
  return said;
}

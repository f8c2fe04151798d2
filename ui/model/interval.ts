/**
 * Where a metric's effect, interval and tolerance stand on the axis of the evidence table. All rows share one axis,
 * measured in tolerances: 0 is "no difference", 1 is the largest effect that counts as safe. Worse is to the right.
 * The axis is linear near 0 and logarithmic far out (asinh), so that a disaster and its tolerance fit on one line.
 */
import type { MetricEvidence } from '../../contracts/verdict.ts';

export type Bar = {
  /** All in percent of the width of the axis. */
  readonly zero: number;
  readonly limit: number;
  readonly effect: number | null;
  readonly from: number | null;
  readonly to: number | null;
  /** The interval goes on beyond the axis. */
  readonly clippedFrom: boolean;
  readonly clippedTo: boolean;
};

type Effects = Pick<MetricEvidence, 'effect' | 'interval' | 'limit'>;

const LEAST_REACH = 3;
const MOST_REACH = 60;

/** A tolerance of none (a limit of 0) is drawn against the widest thing there is to see. */
function toleranceOf({ limit, effect, interval }: Effects): number {
  if (limit > 0) return limit;
  return Math.max(Math.abs(effect ?? 0), ...(interval ?? [0]).map(Math.abs)) || 1;
}

/** How many tolerances the axis shows on each side of 0: enough for the effects and, within reason, the intervals. */
export function axisReach(metrics: readonly Effects[]): number {
  const wanted = metrics.flatMap((m) => {
    const tolerance = toleranceOf(m);
    return [m.effect ?? 0, ...(m.interval ?? [])].map((v) => (Math.abs(v) / tolerance) * 1.1);
  });
  return Math.min(MOST_REACH, Math.max(LEAST_REACH, ...wanted));
}

/** @param tolerances - an effect, in tolerances @returns percent of the width; at an end for what is beyond it */
function place(tolerances: number, reach: number): number {
  const within = Math.max(-reach, Math.min(reach, tolerances));
  return 50 + (Math.asinh(within) / Math.asinh(reach)) * 50;
}

export function barOf(metric: Effects, reach: number): Bar {
  const tolerance = toleranceOf(metric);
  const [from, to] = metric.interval ?? [null, null];
  return {
    zero: place(0, reach),
    limit: place(metric.limit / tolerance, reach),
    effect: metric.effect === null ? null : place(metric.effect / tolerance, reach),
    from: from === null ? null : place(from / tolerance, reach),
    to: to === null ? null : place(to / tolerance, reach),
    clippedFrom: from !== null && from / tolerance < -reach,
    clippedTo: to !== null && to / tolerance > reach,
  };
}

/**
 * How far an e-value has come on its way to the threshold, on a log scale: evidence multiplies.
 * @returns 0 (no evidence, or evidence to the contrary) … 1 (decided)
 */
export function evidenceProgress(e: number, threshold: number): number {
  if (e >= threshold) return 1;
  if (e <= 1 || threshold <= 1) return 0;
  return Math.log(e) / Math.log(threshold);
}

/**
 * How much more often (or for how much more) one arm reaches a goal than another: the ratio of the sums per key, with a
 * confidence sequence. Keys are compared as they were assigned, by the arms' shares of keys, so that no key need be
 * remembered: sums over random groups of keys tell how much they spread, also where a key comes back many times.
 */
import { intervalAround } from '../sequential/methods/asymptotic-cs.ts';

/** Sums of one goal in one arm. */
export type GoalSums = {
  /** How often it was reached. */
  readonly count: number;
  readonly sum: number;
  /** By group of keys. */
  readonly groups: readonly number[];
};

export type GoalEffect = {
  /** Relative: 0.1 is 10 % more in `arm` than in `first`. */
  readonly effect: number;
  /** Holds at all looks together; null while too little was counted for it. */
  readonly interval: readonly [number, number] | null;
};

/** The central limit theorem is asked for nothing before so many goals an arm, from so many groups. */
const LEAST_GOALS = 50;
const LEAST_GROUPS = 20;
/** Goals of both arms at which the interval is tightest. */
const TUNED_FOR = 2_000;

/**
 * On the logarithm of the ratio r = (x / shareX) / (y / shareY), where x and y sum over groups g. To first order
 * ln r is off by the sum over g of x_g/x - y_g/y; groups are independent, so the sum of the squares estimates its variance
 * (the random-groups form of the delta method), and an asymptotic confidence sequence stands on it.
 * @param shares - of all keys; only their ratio matters
 * @returns undefined when an arm has no sum above 0 yet
 */
export function goalEffect(
  first: GoalSums,
  arm: GoalSums,
  shares: { readonly first: number; readonly arm: number },
  alpha: number,
): GoalEffect | undefined {
  if (first.sum <= 0 || arm.sum <= 0) return undefined;
  const ratio = arm.sum / shares.arm / (first.sum / shares.first);
  const effect = ratio - 1;
  const used = Math.min(groupsUsed(first), groupsUsed(arm));
  if (Math.min(first.count, arm.count) < LEAST_GOALS || used < LEAST_GROUPS) return { effect, interval: null };
  const groups = first.groups.length;
  const squares = first.groups.reduce((sum, y, g) => sum + ((arm.groups[g] ?? 0) / arm.sum - y / first.sum) ** 2, 0);
  const variance = (squares * groups) / (groups - 1);
  const n = first.count + arm.count;
  const [low, high] = intervalAround(Math.log(ratio), variance, n, { alpha, tunedFor: TUNED_FOR });
  return { effect, interval: [Math.expm1(low), Math.expm1(high)] };
}

function groupsUsed({ groups }: GoalSums): number {
  return groups.filter((sum) => sum > 0).length;
}

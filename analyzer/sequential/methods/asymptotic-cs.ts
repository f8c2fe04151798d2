/**
 * Asymptotic confidence sequence for a difference of means, absolute or relative to arm A (Waudby-Smith, Arbour,
 * Sinha, Kennedy & Ramdas 2021, Theorem 2.2 and eq. 155; relative variance by the delta method).
 */
import { bisect } from '../../math/root.ts';

export type Moments = { readonly mean: number; readonly variance: number; readonly n: number };
export type Side = 'two-sided' | 'lesser' | 'greater';
export type AsymptoticResult = {
  readonly effect: number;
  readonly sd: number;
  readonly interval: readonly [number, number];
  readonly p: number;
};

/** A one-sided p-value is looked for between these. */
const P_RANGE = [1e-5, 0.4999] as const;

export function momentsOfSums(sum: number, sumOfSquares: number, n: number): Moments {
  return { mean: sum / n, variance: (sumOfSquares - (sum * sum) / n) / (n - 1), n };
}

export function momentsOfShare(successes: number, n: number): Moments {
  const mean = successes / n;
  return { mean, variance: mean * (1 - mean), n };
}

/** @param tunedFor - the number of observations (both arms) at which the interval is tightest */
export function asymptoticCs(
  a: Moments,
  b: Moments,
  options: { readonly alpha: number; readonly tunedFor: number; readonly side: Side; readonly relative: boolean },
): AsymptoticResult {
  const { alpha, tunedFor, side } = options;
  const { effect, variance } = options.relative ? relative(a, b) : absolute(a, b);
  const n = a.n + b.n;
  const rho = tuning(side === 'two-sided' ? alpha : 2 * alpha, tunedFor);
  const sd = Math.sqrt(variance);
  if (side === 'two-sided') {
    const interval = intervalAround(effect, variance, n, options);
    const scale = n * rho ** 2 + 1;
    const logE = (rho ** 2 * effect ** 2 * n) / variance / (2 * scale) - 0.5 * Math.log(scale);
    return { effect, sd, interval, p: Math.min(1, Math.exp(-logE)) };
  }
  const half = (level: number): number =>
    halfWidth(variance, n, rho, Math.log(1 + Math.sqrt(n * rho ** 2 + 1) / (2 * level)));
  const gap = (level: number): number => half(level) - (side === 'lesser' ? -effect : effect);
  return {
    effect,
    sd,
    interval: side === 'lesser' ? [-Infinity, effect + half(alpha)] : [effect - half(alpha), Infinity],
    p: levelWhereZero(gap),
  };
}

/**
 * Two-sided, around an estimate whose variance is known by other means.
 * @param variance - of the estimate itself, from n observations
 */
export function intervalAround(
  effect: number,
  variance: number,
  n: number,
  { alpha, tunedFor }: { readonly alpha: number; readonly tunedFor: number },
): readonly [number, number] {
  const rho = tuning(alpha, tunedFor);
  const half = halfWidth(variance, n, rho, Math.log(Math.sqrt(n * rho ** 2 + 1) / alpha));
  return [effect - half, effect + half];
}

function tuning(alpha: number, tunedFor: number): number {
  const log = -2 * Math.log(alpha);
  return Math.sqrt((log + Math.log(log + 1)) / tunedFor);
}

function halfWidth(variance: number, n: number, rho: number, log: number): number {
  return Math.sqrt(variance * n * ((2 * (n * rho ** 2 + 1)) / (n * rho) ** 2) * log);
}

/** The level at which the interval just touches 0. */
function levelWhereZero(gap: (level: number) => number): number {
  const [least, most] = P_RANGE;
  if (gap(least) < 0) return least;
  return gap(most) > 0 ? most : bisect(gap, least, most);
}

function absolute(a: Moments, b: Moments): { effect: number; variance: number } {
  return { effect: b.mean - a.mean, variance: a.variance / a.n + b.variance / b.n };
}

function relative(a: Moments, b: Moments): { effect: number; variance: number } {
  const variance = b.variance / (a.mean ** 2 * b.n) + (a.variance * b.mean ** 2) / (a.mean ** 4 * a.n);
  return { effect: (b.mean - a.mean) / a.mean, variance };
}

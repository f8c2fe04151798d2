/** Gamma mixture for counts of events at a rate that may change: what the integrated intensity can be (Lindon & Kallus 2025). */
import { gammaln } from 'simple-statistics';
import { minimize } from '../../math/minimize.ts';
import { bisect, bisectUpward } from '../../math/root.ts';

/**
 * ln of the likelihood ratio of "the intensity is theta times as high", averaged over theta ~ Gamma(phi, phi), given N
 * events where `expected` were expected: an e-process in time. Convex in `expected`, smallest at N.
 */
export function poissonLogE(events: number, expected: number, phi: number): number {
  return (
    phi * Math.log(phi) - (phi + events) * Math.log(phi + expected) + gammaln(phi + events) - gammaln(phi) + expected
  );
}

/** The integrated intensities whose e-value stays below 1/alpha, at every moment at once. */
export function intensityInterval(events: number, phi: number, alpha: number): [number, number] {
  return sublevel((x) => poissonLogE(events, x, phi), events, Math.log(1 / alpha));
}

/** Two arms with the same exposure. */
export type PoissonPair = {
  /** 1 over the e-value against equal intensities; not cut at 1. */
  readonly p: number;
  /** Of B's intensity minus A's. */
  readonly difference: [number, number];
  readonly a: [number, number];
  readonly b: [number, number];
};

/** The product of both arms' e-values is one; each interval is the shadow of the pairs for which it stays below 1/alpha. */
export function comparePoisson(a: number, b: number, phi: number, alpha: number): PoissonPair {
  const limit = Math.log(1 / alpha);
  const mean = (a + b) / 2;
  const bestA = poissonLogE(a, a, phi);
  const bestB = poissonLogE(b, b, phi);
  const atDifference = (d: number): number => {
    const from = Math.max(0, -d);
    const to = Math.max(a, b, from, b - d) + 1;
    return minimize((x) => poissonLogE(a, x, phi) + poissonLogE(b, x + d, phi), from, to).value;
  };
  return {
    p: Math.exp(-poissonLogE(a, mean, phi) - poissonLogE(b, mean, phi)),
    difference: [
      b - a - bisectUpward((step) => atDifference(b - a - step) - limit, 1e-6),
      b - a + bisectUpward((step) => atDifference(b - a + step) - limit, 1e-6),
    ],
    a: sublevel((x) => poissonLogE(a, x, phi) + bestB, a, limit),
    b: sublevel((x) => poissonLogE(b, x, phi) + bestA, b, limit),
  };
}

/** Where a function that falls to `bottom` and rises after it stays below the limit, on x >= 0. */
function sublevel(f: (x: number) => number, bottom: number, limit: number): [number, number] {
  const over = (x: number): number => f(x) - limit;
  const low = over(0) <= 0 ? 0 : bisect(over, 0, bottom);
  return [low, bottom + bisectUpward((step) => over(bottom + step), 1e-6)];
}

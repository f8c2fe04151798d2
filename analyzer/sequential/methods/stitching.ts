/** Boundaries stitched from linear ones over epochs of geometrically growing time: of the order of the iterated logarithm. */
import { zeta } from '../../math/zeta.ts';

export type Stitching = {
  /** Decay of the error spent per epoch, > 1. */
  readonly s: number;
  /** Ratio of the epochs' lengths, > 1. */
  readonly eta: number;
};

/**
 * Polynomial stitching: k1, k2 and l(v) of Howard, Ramdas, McAuliffe & Sekhon 2021, Theorem 1 and eq. 9.
 * @param c - scale of a sub-gamma sum; negative where the tail is lighter than Gaussian
 */
export function stitchedBound(v: number, alpha: number, vMin: number, c: number, { s, eta }: Stitching): number {
  const time = Math.max(v, vMin);
  const ell = s * Math.log(Math.log((eta * time) / vMin)) + Math.log(zeta(s) / (alpha * Math.log(eta) ** s));
  return withSkew(time, ell, c, eta);
}

/**
 * Double stitching over time and over quantiles: a bound for the count below the p-quantile, for all p at once
 * (Howard & Ramdas 2022, Theorem 3).
 * @param tOpt - the count from which on it holds and where it is tightest
 * @param delta - fineness of the grid of quantiles
 */
export function doubleStitchedBound(
  p: number,
  t: number,
  alpha: number,
  tOpt: number,
  delta: number,
  { s, eta }: Stitching,
): number {
  const time = Math.max(t, tOpt);
  const logit = Math.log(p / (1 - p));
  const moved = 1 / (1 + Math.exp(-(logit + 2 * delta * Math.sqrt((tOpt * eta) / time))));
  const r = p >= 0.5 ? p : Math.min(0.5, moved);
  const variance = r * (1 - r);
  const gridPoint = (Math.sqrt(time / tOpt) * Math.abs(logit)) / (2 * delta) + 1;
  const z = zeta(s);
  const ell =
    s * Math.log(Math.log((eta * time) / tOpt)) +
    s * Math.log(gridPoint) +
    Math.log((2 * z * (2 * z + 1)) / (alpha * Math.log(eta) ** s));
  const rounding = delta * Math.sqrt((eta * time * variance) / tOpt);
  return rounding + withSkew(variance * time, ell, (1 - 2 * p) / 3, eta);
}

function withSkew(v: number, ell: number, c: number, eta: number): number {
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
  const skew = ((Math.sqrt(eta) + 1) / 2) * c * ell;
  return Math.sqrt(k1 ** 2 * v * ell + skew ** 2) + skew;
}

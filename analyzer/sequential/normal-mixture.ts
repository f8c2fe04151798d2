/** Normal mixtures for sub-Gaussian sums (Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021, Prop. 5 and eq. 14). */
import { normalCdf } from '../math/normal.ts';
import { bisectUpward } from '../math/root.ts';

/** The mixing precision that makes the two-sided bound nearly tightest at intrinsic time vOpt; one-sided: pass 2 alpha. */
export function optimalRho(vOpt: number, alpha: number): number {
  const log = 2 * Math.log(1 / alpha);
  return vOpt / (log + Math.log(1 + log));
}

/** exp(x s - x^2 v / 2) averaged over x ~ N(0, 1/rho), or over its positive half. @returns its logarithm */
export function normalLogE(s: number, v: number, rho: number, oneSided: boolean): number {
  const both = 0.5 * Math.log(rho / (v + rho)) + (s * s) / (2 * (v + rho));
  return oneSided ? both + Math.log(2) + Math.log(normalCdf(s / Math.sqrt(v + rho))) : both;
}

/** The sum that the process exceeds at some time with probability at most alpha. */
export function normalBound(v: number, alpha: number, rho: number, oneSided: boolean): number {
  if (!oneSided) return Math.sqrt((v + rho) * (Math.log(1 + v / rho) + 2 * Math.log(1 / alpha)));
  return bisectUpward((s) => normalLogE(s, v, rho, true) - Math.log(1 / alpha), 1e-6);
}

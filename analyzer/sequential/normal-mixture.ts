/** Normal mixture bounds for sub-Gaussian sums (Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021, eq. 14 and Prop. 3). */

/** The mixing precision that makes the two-sided bound nearly tightest at intrinsic time vOpt. */
export function optimalRho(vOpt: number, alpha: number): number {
  const log = 2 * Math.log(1 / alpha);
  return vOpt / (log + Math.log(1 + log));
}

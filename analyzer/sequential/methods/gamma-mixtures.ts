/**
 * Gamma mixtures for sums whose steps are skewed: sub-exponential (gamma-exponential) and sub-Poisson (gamma-Poisson)
 * with scale c (Howard, Ramdas, McAuliffe & Sekhon 2021, Props. 9 and 10).
 */
import { gammaln } from 'simple-statistics';
import { logGammaP, logGammaQ } from '../../math/gamma.ts';
import { bisectUpward } from '../../math/root.ts';
import { optimalRho } from '../normal-mixture.ts';

export type GammaMixture = { readonly kind: 'exponential' | 'poisson'; readonly c: number; readonly rho: number };

/** One-sided, tightest near the intrinsic time vOpt. */
export function gammaMixture(kind: GammaMixture['kind'], c: number, vOpt: number, alphaOpt: number): GammaMixture {
  return { kind, c, rho: optimalRho(vOpt, 2 * alphaOpt) };
}

/**
 * ln of the martingale at sum s and intrinsic time v. With a = rho/c^2 the prior is Gamma(a, a), cut to the side of
 * "larger than the null"; integrating it out leaves incomplete gamma functions.
 */
export function gammaLogE({ kind, c, rho }: GammaMixture, s: number, v: number): number {
  const a = rho / c ** 2;
  const time = (v + rho) / c ** 2;
  const sum = s / c + time;
  const prior = a * Math.log(a) - gammaln(a);
  if (kind === 'exponential') {
    const posterior = gammaln(time) + logGammaP(time, sum) - time * Math.log(sum);
    return prior - logGammaP(a, a) + posterior + (c * s + v) / c ** 2;
  }
  const posterior = gammaln(sum) + logGammaQ(sum, time) - sum * Math.log(time);
  return prior - logGammaQ(a, a) + posterior + v / c ** 2;
}

/** The sum that the process exceeds at some time with probability at most alpha. */
export function gammaBound(mixture: GammaMixture, v: number, alpha: number): number {
  return bisectUpward((s) => gammaLogE(mixture, s, v) - Math.log(1 / alpha), 1e-6);
}

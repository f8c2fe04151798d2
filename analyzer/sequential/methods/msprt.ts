/** Mixture SPRT for the difference of two normal means (Johari, Koomen, Pekelis & Walsh 2017), and Statsig's relative of it. */

/**
 * The likelihood ratio averaged over a difference ~ N(0, tau2), n observations per arm of variance sigma2: an e-value.
 * @param difference - of the arms' means
 */
export function msprt(difference: number, n: number, sigma2: number, tau2: number): number {
  const v = 2 * sigma2;
  const spread = v + n * tau2;
  return Math.sqrt(v / spread) * Math.exp((n ** 2 * tau2 * difference ** 2) / (2 * v * spread));
}

export type Sample = { readonly mean: number; readonly variance: number; readonly n: number };

/**
 * The interval that Statsig documents. It takes the mixing variance from the data and alpha/2 where the theory has
 * alpha: here for comparison with its reports, never for a verdict.
 * @param z - the normal quantile at 1 - alpha/2
 */
export function statsigInterval(
  test: Sample,
  control: Sample,
  alpha: number,
  z: number,
): { zStar: number; interval: [number, number] } {
  const v = test.variance / test.n + control.variance / control.n;
  const tau = (z ** 2 * (test.variance + control.variance)) / (test.n + control.n);
  const zStar = Math.sqrt(((v + tau) / tau) * (-2 * Math.log(alpha / 2) - Math.log(v / (v + tau))));
  const difference = test.mean - control.mean;
  const half = zStar * Math.sqrt(v);
  return { zStar, interval: [difference - half, difference + half] };
}

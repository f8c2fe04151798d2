/** Anytime-valid inference on the coefficients of a linear model (Lindon, Ham, Tingley & Bojinov 2022). */
import { leastSquares } from '../../math/least-squares.ts';

export type Coefficient = {
  readonly estimate: number;
  readonly p: number;
  readonly interval: readonly [number, number];
};

/**
 * The F-statistic's mixture e-value of each coefficient, with r = g/(g+n) and nu degrees of freedom:
 * ln E = ln(r)/2 + (nu+1)/2 * (ln(1 + t^2/nu) - ln(1 + r t^2/nu)).
 * @param columns - the design matrix by columns, the constant included
 * @param g - precision of the mixing prior
 */
export function anytimeCoefficients(
  columns: readonly (readonly number[])[],
  y: readonly number[],
  g: number,
  alpha: number,
): Coefficient[] {
  const fit = leastSquares(columns, y);
  const nu = fit.degreesOfFreedom;
  const r = g / (g + y.length);
  const reach = criticalT(nu, r, alpha);
  return fit.coefficients.map((estimate, i) => {
    const error = fit.standardErrors[i] ?? NaN;
    const t2 = (estimate / error) ** 2;
    const logE = 0.5 * Math.log(r) + 0.5 * (nu + 1) * (Math.log1p(t2 / nu) - Math.log1p((r * t2) / nu));
    return {
      estimate,
      p: Math.min(1, Math.exp(-logE)),
      interval: [estimate - reach * error, estimate + reach * error],
    };
  });
}

/** The t at which E = 1/alpha, solved for t; infinite while n is too small for E to get there at all. */
function criticalT(nu: number, r: number, alpha: number): number {
  const ratio = (r * alpha ** 2) ** (1 / (nu + 1));
  return ratio <= r ? Infinity : Math.sqrt((nu * (1 - ratio)) / (ratio - r));
}

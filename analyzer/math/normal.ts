/** The standard normal distribution, exact to about 1e-14 (relative, in both tails). */
import { logGammaP, logGammaQ } from './gamma.ts';
import { bisect } from './root.ts';

/** P(Z <= x). From Q(1/2, x^2/2) = P(|Z| > |x|). */
export function normalCdf(x: number): number {
  const half = (x * x) / 2;
  if (x < 0) return 0.5 * Math.exp(logGammaQ(0.5, half));
  return 0.5 + 0.5 * Math.exp(logGammaP(0.5, half));
}

/** P(Z > x). */
export function normalTail(x: number): number {
  return normalCdf(-x);
}

export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** The x with P(Z <= x) = p. @param p - above 0, below 1 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  return bisect((x) => normalCdf(x) - p, -38, 0);
}

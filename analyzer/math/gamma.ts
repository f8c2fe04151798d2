/** The regularised incomplete gamma functions, as logarithms so that their tails do not vanish. */
import { gammaln } from 'simple-statistics';

const MAX_TERMS = 100_000;
const TINY = 1e-300;

/** ln P(a, x), the lower one. @param a - > 0 @param x - >= 0 */
export function logGammaP(a: number, x: number): number {
  if (x <= 0) return -Infinity;
  return x < a + 1 ? logSeries(a, x) : complement(logFraction(a, x));
}

/** ln Q(a, x), the upper one: ln(1 - P). */
export function logGammaQ(a: number, x: number): number {
  if (x <= 0) return 0;
  return x < a + 1 ? complement(logSeries(a, x)) : logFraction(a, x);
}

function complement(log: number): number {
  return Math.log1p(-Math.exp(Math.min(log, -TINY)));
}

function logFactor(a: number, x: number): number {
  return a * Math.log(x) - x - gammaln(a);
}

/** DLMF 8.11.4. */
function logSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return logFactor(a, x) + Math.log(sum);
}

/** DLMF 8.9.2, by Lentz's method. */
function logFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < MAX_TERMS; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || TINY);
    c = b + an / c || TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return logFactor(a, x) + Math.log(value);
}

/** Logarithms of the beta function and of its incomplete forms. */
import { gammaln } from 'simple-statistics';

/** ln B(a, b). @param a - > 0 @param b - > 0 */
export function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b);
}

/**
 * ln of the integral of t^(a-1) (1-t)^(b-1) from 0 to x.
 * Continued fraction of DLMF 8.17.22, evaluated by Lentz's method; past the mean its complement converges faster.
 * @param x - 0…1
 */
export function logIncompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return -Infinity;
  if (x >= 1) return logBeta(a, b);
  if (x <= (a + 1) / (a + b + 2)) return logTail(a, b, x);
  const complement = logTail(b, a, 1 - x) - logBeta(a, b);
  return logBeta(a, b) + Math.log1p(-Math.exp(Math.min(complement, -1e-300)));
}

function logTail(a: number, b: number, x: number): number {
  return a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - Math.log(fraction(a, b, x));
}

/** 1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22. */
function fraction(a: number, b: number, x: number): number {
  const TINY = 1e-300;
  let value = 1;
  let c = 1;
  let d = 0;
  for (let i = 1; i <= 20_000; i++) {
    const m = i >> 1;
    const term =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + term * d || TINY);
    c = 1 + term / c || TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return value;
}

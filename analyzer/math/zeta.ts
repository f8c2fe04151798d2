/** Riemann's zeta function by the Euler-Maclaurin formula (DLMF 25.2.9). */

const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];
const TERMS = 20;

/** @param s - > 1 */
export function zeta(s: number): number {
  let sum = TERMS ** (1 - s) / (s - 1) + 0.5 * TERMS ** -s;
  for (let n = 1; n < TERMS; n++) sum += n ** -s;
  let factor = s * TERMS ** (-s - 1);
  BERNOULLI.forEach((b, i) => {
    const k = 2 * (i + 1);
    sum += (b / factorial(k)) * factor;
    factor *= (s + k - 1) * (s + k) * TERMS ** -2;
  });
  return sum;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

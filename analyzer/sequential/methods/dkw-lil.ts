/** A band around a whole distribution function that holds at every count at once (Howard & Ramdas 2022, Theorem 2). */
import { minimize } from '../../math/minimize.ts';
import { bisect } from '../../math/root.ts';

/**
 * The constant C for which the band A*sqrt((ln(1 + ln(t/m)) + C)/t) is left with probability at most alpha:
 * alpha = inf over eta of 4 exp(-g C) (1 + 1/((g-1) ln eta)), g = (2/eta)(A - sqrt(2(eta-1)/C))^2.
 * @param a - above 1/sqrt(2); larger is wider early and decays slower
 */
export function bandConstant(alpha: number, a: number): number {
  const least = (c: number): number => Math.log(minimize((eta) => errorBound(c, a, eta), 1, widestEta(c, a)).value);
  return bisect((c) => least(c) - Math.log(alpha), 2, 200);
}

/** Half the width of the band at count t >= tMin; infinite before. */
export function bandRadius(t: number, alpha: number, tMin: number, a = 0.85): number {
  return t < tMin ? Infinity : a * Math.sqrt((Math.log(1 + Math.log(t / tMin)) + bandConstant(alpha, a)) / t);
}

function errorBound(c: number, a: number, eta: number): number {
  const g = (2 / eta) * (a - Math.sqrt((2 * (eta - 1)) / c)) ** 2;
  return g <= 1 || eta <= 1 ? Infinity : 4 * Math.exp(-g * c) * (1 + 1 / ((g - 1) * Math.log(eta)));
}

/** The eta at which g falls to 1. */
function widestEta(c: number, a: number): number {
  return bisect((eta) => Math.sqrt(eta / 2) + Math.sqrt((2 * (eta - 1)) / c) - a, 1, 2 * a * a);
}

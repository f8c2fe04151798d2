/**
 * Beta-binomial mixture: a martingale for steps that are +h or -g with mean 0 (Howard, Ramdas, McAuliffe & Sekhon
 * 2021, Annals of Statistics 49:1055, the beta-binomial case), and what follows from it for shares.
 */
import { logBeta, logIncompleteBeta } from '../math/beta.ts';
import { crossing } from '../math/root.ts';
import { optimalRho } from './normal-mixture.ts';

export type BetaBinomial = {
  readonly g: number;
  readonly h: number;
  /** Concentration of the prior, in units of v; larger bets on smaller effects. */
  readonly r: number;
  readonly oneSided: boolean;
};

/** The mixture that is tightest near the intrinsic time `vOpt` (v = n*g*h after n steps). */
export function betaBinomial(g: number, h: number, vOpt: number, alphaOpt: number, oneSided: boolean): BetaBinomial {
  const rho = optimalRho(vOpt, oneSided ? 2 * alphaOpt : alphaOpt);
  return { g, h, r: Math.max(rho - g * h, 1e-3 * g * h), oneSided };
}

/**
 * ln of the martingale at sum s and intrinsic time v.
 * With k steps up and m down, s = kh - mg and v = (k+m)gh. The likelihood ratio of P(up) = p against p0 = g/(g+h) is
 * averaged over p ~ Beta(r/(h(g+h)), r/(g(g+h))), whose mean is p0, and cut to p >= p0 when one-sided.
 */
export function betaBinomialLogE(mixture: BetaBinomial, s: number, v: number): number {
  const { g, h, r, oneSided } = mixture;
  const up = (v + h * s) / (h * (g + h));
  const down = (v - g * s) / (g * (g + h));
  const a = r / (h * (g + h));
  const b = r / (g * (g + h));
  const x = h / (g + h);
  const integral = (i: number, j: number): number => (oneSided ? logIncompleteBeta(j, i, x) : logBeta(i, j));
  return integral(a + up, b + down) - integral(a, b) - up * Math.log(1 - x) - down * Math.log(x);
}

/** The sum s that the process exceeds at some time with probability at most alpha; never above v/g, where s ends. */
export function betaBinomialBound(mixture: BetaBinomial, v: number, alpha: number): number {
  const end = v / mixture.g;
  const excess = (s: number): number => betaBinomialLogE(mixture, s, v) - Math.log(1 / alpha);
  return excess(end * (1 - 1e-12)) < 0 ? end : crossing(excess, 0, end);
}

/**
 * Confidence sequence for a share: covers the true share at every look at once with probability 1 - alpha.
 * The shares p at which the two-sided mixture with g = p, h = 1-p stays below 1/alpha.
 * @param tOpt - the number of trials at which it should be tightest
 * @returns [0, 1] without trials
 */
export function shareInterval(
  successes: number,
  trials: number,
  alpha: number,
  tOpt: number,
  alphaOpt = alpha,
): [number, number] {
  if (trials === 0) return [0, 1];
  const over = (p: number): number => {
    const v = p * (1 - p);
    const mixture = betaBinomial(p, 1 - p, tOpt * v, alphaOpt, false);
    return betaBinomialLogE(mixture, successes - trials * p, trials * v) - Math.log(1 / alpha);
  };
  const EDGE = 1e-12;
  const middle = Math.min(Math.max(successes / trials, EDGE), 1 - EDGE);
  const low = successes === 0 || over(EDGE) < 0 ? 0 : crossing(over, EDGE, middle);
  const high = successes === trials || over(1 - EDGE) < 0 ? 1 : crossing(over, middle, 1 - EDGE);
  return [low, high];
}

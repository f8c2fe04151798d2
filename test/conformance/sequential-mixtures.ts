/** Methods that are mixtures of martingales, stitched boundaries, and what is made of them for quantiles and bands. */
import {
  betaBinomial,
  betaBinomialBound,
  betaBinomialLogE,
  shareInterval,
} from '../../analyzer/sequential/beta-binomial.ts';
import { quantileRanks } from '../../analyzer/sequential/fixed-quantile.ts';
import { darlingRobbinsBound } from '../../analyzer/sequential/methods/darling-robbins.ts';
import { bandConstant, bandRadius } from '../../analyzer/sequential/methods/dkw-lil.ts';
import { gammaBound, gammaLogE, gammaMixture } from '../../analyzer/sequential/methods/gamma-mixtures.ts';
import { quantileTestP } from '../../analyzer/sequential/methods/quantile-test.ts';
import { doubleStitchedBound, stitchedBound } from '../../analyzer/sequential/methods/stitching.ts';
import { normalBound, normalLogE, optimalRho } from '../../analyzer/sequential/normal-mixture.ts';
import { number, range, text } from './case-file.ts';
import type { Input } from './case-file.ts';

export type Method = readonly [RegExp, (input: Input, method: string) => unknown];

const isOneSided = (method: string): boolean => /one-sided/i.test(method);
const isBound = (method: string): boolean => /bound/i.test(method);

export const MIXTURE_METHODS: readonly Method[] = [
  [/^bernoulli confidence sequence/i, bernoulli],
  [/normal mixture/i, normalMixture],
  [/gamma-exponential/i, (input, method) => gamma('exponential', input, method)],
  [/gamma-poisson/i, (input, method) => gamma('poisson', input, method)],
  [/beta-binomial mixture/i, betaBinomialMixture],
  [/double stitching/i, doubleStitching],
  [/stitching/i, stitching],
  [/two-arm quantile test/i, quantileTest],
  [/fixed-quantile/i, (i) => quantileRanks(number(i, 'p'), number(i, 't'), number(i, 't_opt'), number(i, 'alpha'))],
  [/constant C.*(dkw|lil)/i, (i) => bandConstant(number(i, 'alpha'), number(i, 'A', 0.85))],
  [/dkw|empirical process|uniform band/i, band],
  [/darling.robbins/i, darlingRobbins],
];

function bernoulli(i: Input): unknown {
  const alpha = number(i, 'alpha');
  return shareInterval(
    number(i, 'successes'),
    number(i, 'trials'),
    alpha,
    number(i, 't_opt'),
    number(i, 'alpha_opt', 0.05),
  );
}

function normalMixture(i: Input, method: string): unknown {
  const oneSided = isOneSided(method);
  const alphaOpt = number(i, 'alpha_opt', 0.05);
  const rho = optimalRho(number(i, 'v_opt'), oneSided ? 2 * alphaOpt : alphaOpt);
  if (/\brho\b/i.test(method)) return rho;
  if (isBound(method)) return normalBound(number(i, 'v'), number(i, 'alpha'), rho, oneSided);
  return normalLogE(number(i, 's'), number(i, 'v'), rho, oneSided);
}

function gamma(kind: 'exponential' | 'poisson', i: Input, method: string): unknown {
  const mixture = gammaMixture(kind, number(i, 'c'), number(i, 'v_opt'), number(i, 'alpha_opt', 0.05));
  if (isBound(method)) return gammaBound(mixture, number(i, 'v'), number(i, 'alpha'));
  return gammaLogE(mixture, number(i, 's'), number(i, 'v'));
}

function betaBinomialMixture(i: Input, method: string): unknown {
  const alphaOpt = number(i, 'alpha_opt', 0.05);
  const mixture = betaBinomial(number(i, 'g'), number(i, 'h'), number(i, 'v_opt'), alphaOpt, isOneSided(method));
  if (isBound(method)) return betaBinomialBound(mixture, number(i, 'v'), number(i, 'alpha'));
  return betaBinomialLogE(mixture, number(i, 's'), number(i, 'v'));
}

function stitching(i: Input): unknown {
  const shape = { s: number(i, 's', 1.4), eta: number(i, 'eta', 2) };
  return stitchedBound(number(i, 'v'), number(i, 'alpha'), number(i, 'v_min'), number(i, 'c', 0), shape);
}

function doubleStitching(i: Input): unknown {
  const shape = { s: number(i, 's', 1.4), eta: number(i, 'eta', 2) };
  const [p, t, alpha] = [number(i, 'quantile_p'), number(i, 't'), number(i, 'alpha')];
  return doubleStitchedBound(p, t, alpha, number(i, 't_opt'), number(i, 'delta', 0.5), shape);
}

function quantileTest(i: Input): unknown {
  const [a, b] = [sample(i, 'armA'), sample(i, 'armB')];
  return quantileTestP(a, b, number(i, 'quantile_p'), number(i, 't_opt'), number(i, 'alpha_opt', 0.05));
}

/** A list of values, or a text such as "integers 1..1000". */
function sample(i: Input, key: string): number[] {
  const value = i[key];
  if (Array.isArray(value)) return value.map(Number).sort((a, b) => a - b);
  return range(text(i, key));
}

function band(i: Input): unknown {
  return bandRadius(number(i, 't'), number(i, 'alpha'), number(i, 't_min', number(i, 'm', 1)), number(i, 'A', 0.85));
}

function darlingRobbins(i: Input): unknown {
  const eps = number(i, 'eps');
  const sides = /log\(2\)/.test(text(i, 'log_eps', '')) ? Math.LN2 : 0;
  const minCount = number(i, 'min_count');
  const bound = (n: number): number => darlingRobbinsBound(n, minCount, Math.log(eps) - sides);
  return typeof i['n'] === 'number' ? bound(i['n']) : range(text(i, 'n')).map(bound);
}

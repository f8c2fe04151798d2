/** Methods for counts: Dirichlet-multinomial, Poisson mixtures, MaxSPRT. */
import {
  logBayesFactor,
  logMarginal,
  logMultinomialCoefficient,
  shareBounds,
} from '../../analyzer/sequential/methods/dirichlet-multinomial.ts';
import { binomialCriticalValue } from '../../analyzer/sequential/methods/maxsprt-binomial.ts';
import { poissonCriticalValue, poissonPerformance } from '../../analyzer/sequential/methods/maxsprt-poisson.ts';
import { comparePoisson, intensityInterval } from '../../analyzer/sequential/methods/poisson-mixture.ts';
import { number, numbers } from './case-file.ts';
import type { Input } from './case-file.ts';
import type { Method } from './sequential-mixtures.ts';

export const COUNT_METHODS: readonly Method[] = [
  [/binomial.*maxsprt/i, binomialMaxSprt],
  [/poisson maxsprt.*critical value/i, poissonCv],
  [/poisson maxsprt power/i, (i) => performance(i).power],
  [/poisson maxsprt.*time/i, performance],
  [/two-arm poisson/i, twoArmPoisson],
  [/integrated poisson intensity/i, (i) => intensityInterval(number(i, 'N'), number(i, 'phi'), number(i, 'alpha'))],
  [/two-arm error-count/i, twoArmErrors],
  [/log marginal likelihoods/i, marginals],
  [/dirichlet-multinomial srm/i, sampleRatio],
  [/dirichlet-multinomial.*p-value/i, runningP],
];

function binomialMaxSprt(i: Input): unknown {
  const z = i['z'];
  const ratio = typeof z === 'number' ? z : Number(/([\d.]+)\s*$/.exec(String(z))?.[1]);
  const { criticalLlr, typeIError } = binomialCriticalValue(number(i, 'maxTotalEvents'), ratio, number(i, 'alpha'));
  return { criticalLLR: criticalLlr, typeIError };
}

function poissonCv(i: Input): unknown {
  return poissonCriticalValue(number(i, 'horizonExpectedEvents'), number(i, 'alpha'), number(i, 'M', 1));
}

function performance(i: Input): { readonly power: number } {
  const test = {
    horizon: number(i, 'horizonExpectedEvents'),
    criticalValue: number(i, 'criticalValue'),
    minEvents: number(i, 'M', 1),
  };
  return poissonPerformance(test, number(i, 'relativeRisk'));
}

function twoArmPoisson(i: Input): unknown {
  const { p, difference, a, b } = comparePoisson(
    number(i, 'N_A'),
    number(i, 'N_B'),
    number(i, 'phi'),
    number(i, 'alpha'),
  );
  return { p, ci_difference: difference, ci_A: a, ci_B: b };
}

function twoArmErrors(i: Input): unknown {
  const rho = numbers(i, 'rho');
  const prior = rho.map((share) => share * number(i, 'k'));
  const log = logBayesFactor(numbers(i, 'counts'), rho, prior);
  return { logBayesFactor: log, p: Math.min(1, Math.exp(-log)) };
}

/** Each entry of `data` is a vector of counts; both models are given the probability of all of them up to each. */
function marginals(i: Input): unknown {
  const shares = numbers(i, 'null');
  const prior = priorOf(i, 'alpha0', shares);
  const seen = shares.map(() => 0);
  let coefficients = 0;
  const logM1: number[] = [];
  const logM0: number[] = [];
  for (const row of i['data'] as readonly (readonly number[])[]) {
    row.forEach((count, k) => (seen[k] = (seen[k] ?? 0) + count));
    coefficients += logMultinomialCoefficient(row);
    logM1.push(coefficients + logMarginal(seen, prior));
    logM0.push(coefficients + seen.reduce((sum, c, k) => sum + (c === 0 ? 0 : c * Math.log(shares[k] ?? 0)), 0));
  }
  return { logM1, logM0 };
}

/** The p-value is the smallest so far; the factor is the last. */
function sampleRatio(i: Input): unknown {
  const shares = numbers(i, 'null');
  const prior = priorOf(i, 'prior', shares);
  const counts = shares.map(() => 0);
  let log = 0;
  let p = 1;
  for (const label of numbers(i, 'labels')) {
    counts[label] = (counts[label] ?? 0) + 1;
    log = logBayesFactor(counts, shares, prior);
    p = Math.min(p, Math.exp(-log));
  }
  return { p, bayesFactor: Math.exp(log), posteriorProbability: 1 / (1 + Math.exp(-log)) };
}

/** Looks after each observation and stops at p <= alpha; the p-value and the intervals are running ones. */
function runningP(i: Input): unknown {
  const shares = numbers(i, 'theta0');
  const prior = priorOf(i, 'prior', shares);
  const alpha = number(i, 'alpha');
  const counts = shares.map(() => 0);
  const ci = shares.map((): [number, number] => [0, 1]);
  let p = 1;
  let n = 0;
  for (const label of numbers(i, 'labels')) {
    n++;
    counts[label] = (counts[label] ?? 0) + 1;
    p = Math.min(p, Math.exp(-logBayesFactor(counts, shares, prior)));
    shareBounds(counts, prior, alpha).forEach(([low, high], k) => {
      const [from, to] = ci[k] ?? [0, 1];
      ci[k] = [Math.max(from, low), Math.min(to, high)];
    });
    if (p <= alpha) break;
  }
  return { n, p, counts, ci };
}

/** A list, or a text such as "alpha0 = 100*theta0". */
function priorOf(i: Input, key: string, shares: readonly number[]): number[] {
  const value = i[key];
  if (Array.isArray(value)) return value.map(Number);
  const scale = /=\s*([\d.]+)\s*\*/.exec(String(value))?.[1];
  if (scale === undefined) throw new TypeError(`input.${key} is not a prior`);
  return shares.map((share) => share * Number(scale));
}

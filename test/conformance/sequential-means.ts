/** Methods for means: asymptotic sequences, mSPRT, group-sequential bounds, linear models. */
import { normalQuantile } from '../../analyzer/math/normal.ts';
import { asymptoticCs, momentsOfShare, momentsOfSums } from '../../analyzer/sequential/methods/asymptotic-cs.ts';
import type { Moments, Side } from '../../analyzer/sequential/methods/asymptotic-cs.ts';
import { groupSequentialBounds } from '../../analyzer/sequential/methods/group-sequential.ts';
import { anytimeCoefficients } from '../../analyzer/sequential/methods/linear-model.ts';
import { msprt, statsigInterval } from '../../analyzer/sequential/methods/msprt.ts';
import { number, numbers, record, text } from './case-file.ts';
import type { Input } from './case-file.ts';
import type { Method } from './sequential-mixtures.ts';

export const MEAN_METHODS: readonly Method[] = [
  [/statsig/i, statsig],
  [/msprt/i, (i) => msprt(number(i, 'meanDifference'), number(i, 'n'), number(i, 'sigma2'), number(i, 'tau2'))],
  [/lan-demets/i, (i) => ({ z: bounds(i) })],
  [/group-sequential/i, groupSequential],
  [/ols|linear model/i, linearModel],
  [/asymptotic|\bCS, relative|\bCS, absolute/i, asymptotic],
];

function statsig(i: Input): unknown {
  const sample = (arm: string) => ({
    mean: number(i, `mean${arm}`),
    variance: number(i, `var${arm}`),
    n: number(i, `n${arm}`),
  });
  const alpha = number(i, 'alpha');
  const { zStar, interval } = statsigInterval(sample('T'), sample('C'), alpha, normalQuantile(1 - alpha / 2));
  return { Zstar: zStar, ci: interval };
}

/** `spending` is a text such as "alpha*t^2". */
function bounds(i: Input): number[] {
  const power = Number(/\^\s*([\d.]+)/.exec(text(i, 'spending', 't^2'))?.[1] ?? 1);
  const sides = number(i, 'sides', 2) === 1 ? 1 : 2;
  return groupSequentialBounds({
    information: numbers(i, 'information_fractions'),
    alpha: number(i, 'alpha'),
    sides,
    power,
  });
}

/** First look; with `nim` ([margin, preferred direction]) one-sided. The margin moves the limit, not the interval. */
function groupSequential(i: Input): unknown {
  const [g1, g2] = [moments(record(i, 'g1')), moments(record(i, 'g2'))];
  const preferred = Array.isArray(i['nim']) ? String(i['nim'][1]) : undefined;
  const [z] = groupSequentialBounds({
    information: [(g1.n + g2.n) / number(i, 'final_sample_size')],
    alpha: number(i, 'alpha'),
    sides: preferred === undefined ? 2 : 1,
    power: 2,
  });
  const difference = g2.mean - g1.mean;
  const half = (z ?? NaN) * Math.sqrt(g1.variance / g1.n + g2.variance / g2.n);
  const lower = preferred === 'decrease' ? -Infinity : difference - half;
  const upper = preferred === 'increase' ? Infinity : difference + half;
  return { difference, ci: [lower, upper], lower, upper };
}

/** The model stands in `data`: "TOTEMP ~ 1 + GNP + UNEMP"; its columns are the input's lists. */
function linearModel(i: Input): unknown {
  const model = /(\w+)\s*~\s*([\w\s+]+)/.exec(text(i, 'data'));
  if (!model) throw new TypeError('input.data names no model');
  const y = numbers(i, model[1] ?? '');
  const terms = (model[2] ?? '').split('+').map((term) => term.trim());
  const columns = terms.map((term) => (term === '1' ? y.map(() => 1) : numbers(i, term)));
  const found = anytimeCoefficients(columns, y, number(i, 'g'), number(i, 'alpha'));
  return { p: found.map((c) => c.p), ci: found.map((c) => c.interval) };
}

function asymptotic(i: Input, method: string): unknown {
  const side: Side = /lesser/i.test(method) ? 'lesser' : /greater/i.test(method) ? 'greater' : 'two-sided';
  const { effect, sd, interval, p } = asymptoticCs(moments(record(i, 'a')), moments(record(i, 'b')), {
    alpha: number(i, 'alpha'),
    tunedFor: number(i, 'N_star'),
    side,
    relative: !/absolute/i.test(method),
  });
  return { uplift: effect, difference: effect, sd, ci: interval, ciLower: interval[0], ciUpper: interval[1], p };
}

function moments(i: Input): Moments {
  if ('successes' in i) return momentsOfShare(number(i, 'successes'), number(i, 'n'));
  return momentsOfSums(number(i, 'sum'), number(i, 'sum_squares'), number(i, 'n'));
}

/** `analyze BASELINE CANDIDATE`: from two files and the options to a judgement. */
import { judgeKayentaSeries } from '../../analyzer/series/kayenta.ts';
import { judgeSequentialSeries } from '../../analyzer/series/sequential.ts';
import type { Direction, PairedSeries, SeriesJudgement } from '../../analyzer/series/series.ts';
import { judgeThresholdSeries } from '../../analyzer/series/threshold.ts';
import { seeded } from '../../analyzer/simulation/random.ts';
import type { Options } from '../command.ts';
import { UsageError } from '../failure.ts';

/** Kayenta adds a little noise where both arms are constant; always the same. */
const SEED = 1;
const DIRECTIONS: readonly Direction[] = ['increase', 'decrease', 'either'];

/** @throws UsageError when options do not fit together */
export function judgePairs(pairs: readonly PairedSeries[], options: Options): SeriesJudgement {
  const direction = DIRECTIONS.find((d) => d === options.text('direction')) ?? 'either';
  switch (options.text('judge')) {
    case 'kayenta':
      return kayenta(pairs, direction, options);
    case 'threshold':
      return threshold(pairs, options);
    default: {
      const alpha = options.number('alpha', { min: 1e-9, max: 0.2 }) ?? 0.01;
      const tolerance = (options.number('tolerance', { min: 0.001, max: 1000 }) ?? 10) / 100;
      return judgeSequentialSeries(pairs, { alpha, direction, tolerance });
    }
  }
}

function kayenta(pairs: readonly PairedSeries[], direction: Direction, options: Options): SeriesJudgement {
  const pass = options.number('pass', { min: 0, max: 100 }) ?? 95;
  const marginal = options.number('marginal', { min: 0, max: 100 }) ?? 75;
  if (marginal > pass)
    throw new UsageError(`--marginal ${marginal} is above --pass ${pass}`, 'marginal is the lower of the two');
  const outlierFactor = options.number('dropOutliers', { min: 0.1, max: 100 });
  const nan = options.text('nan') === 'replace' ? 'replace' : 'remove';
  const rest = outlierFactor === undefined ? {} : { outlierFactor };
  return judgeKayentaSeries(pairs, { direction, pass, marginal, nan, ...rest }, seeded(SEED));
}

function threshold(pairs: readonly PairedSeries[], options: Options): SeriesJudgement {
  const min = options.number('min', { min: -Infinity, max: Infinity });
  const max = options.number('max', { min: -Infinity, max: Infinity });
  if (min === undefined && max === undefined)
    throw new UsageError(
      '--judge threshold needs a limit',
      'give --min, --max or both, and --failures for points that may break it',
    );
  const range = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  const failureLimit = options.whole('failures', { min: 0, max: 1e9 }) ?? 0;
  return judgeThresholdSeries(pairs, { range, failureLimit, consecutiveErrorLimit: 4 });
}

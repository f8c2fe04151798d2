/** Recorded series through the Kayenta-compatible judge. */
import { judgeKayenta } from '../kayenta/judge.ts';
import type { NanStrategy } from '../kayenta/transforms.ts';
import type { Random } from '../simulation/random.ts';
import { shown } from './figures.ts';
import type { Direction, PairedSeries, SeriesEvidence, SeriesJudgement } from './series.ts';

export type KayentaOptions = {
  readonly direction: Direction;
  readonly pass: number;
  readonly marginal: number;
  readonly nan: NanStrategy;
  /** Interquartile ranges beyond which points are dropped; undefined keeps all. */
  readonly outlierFactor?: number;
};

/** One group of all metrics. Kayenta knows nothing of autocorrelation: the evidence warns where it matters. */
export function judgeKayentaSeries(
  pairs: readonly PairedSeries[],
  options: KayentaOptions,
  random: Random,
): SeriesJudgement {
  const { direction, nan, outlierFactor, ...thresholds } = options;
  const judged = judgeKayenta(
    pairs.map(({ name, baseline, candidate }) => ({
      name,
      groups: ['all'],
      control: baseline,
      experiment: candidate,
      params: { direction, nanStrategy: nan },
      ...(outlierFactor === undefined ? {} : { outlierFactor }),
    })),
    {},
    thresholds,
    random,
  );
  const metrics = pairs.map((pair, i): SeriesEvidence => {
    const result = judged.metrics[i];
    const verdict = verdictOf(result?.classification);
    return { ...shown(pair), verdict, interval: null, rule: `${result?.classification}: ${result?.reason}` };
  });
  const without = metrics.every((m) => m.verdict === 'INCONCLUSIVE');
  const verdict = without || judged.verdict === 'PENDING' ? 'INCONCLUSIVE' : judged.verdict;
  return { verdict, reason: `${judged.classification}, ${judged.reason}`, score: judged.score, metrics };
}

function verdictOf(classification: string | undefined): SeriesEvidence['verdict'] {
  if (classification === 'Pass') return 'PASS';
  return classification === 'High' || classification === 'Low' ? 'FAIL' : 'INCONCLUSIVE';
}

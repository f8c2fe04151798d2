/**
 * Means of two recorded series by asymptotic confidence sequences, looked at after every point as if it were live.
 * The interval is of the relative effect, candidate / baseline - 1, and holds at all looks together.
 */
import type { Moments } from '../sequential/methods/asymptotic-cs.ts';
import { asymptoticCs } from '../sequential/methods/asymptotic-cs.ts';
import { addPoint, effectiveSize, lagOne, NO_POINTS } from './autocorrelation.ts';
import type { Running } from './autocorrelation.ts';
import { shown } from './figures.ts';
import type { Direction, PairedSeries, SeriesEvidence, SeriesJudgement } from './series.ts';

export type SequentialOptions = {
  /** Over all metrics together. */
  readonly alpha: number;
  readonly direction: Direction;
  /** The relative effect that still counts as safe: 0.1 is 10 %. */
  readonly tolerance: number;
};

/** The central limit theorem is asked for nothing before so many points an arm, and so many independent ones. */
const LEAST_POINTS = 20;
const LEAST_EFFECTIVE = 10;
/** Points of both arms at which the interval is tightest. */
const TUNED_FOR = 200;

/** FAIL at the first look at which a metric is worse for sure; PASS when, at the end, all are within the tolerance. */
export function judgeSequentialSeries(pairs: readonly PairedSeries[], options: SequentialOptions): SeriesJudgement {
  const alpha = options.alpha / Math.max(1, pairs.length);
  const metrics = pairs.map((pair) => judgeOne(pair, { ...options, alpha }));
  const of = (verdict: string): SeriesEvidence[] => metrics.filter((m) => m.verdict === verdict);
  const failed = of('FAIL');
  const open = of('INCONCLUSIVE');
  const verdict = failed.length > 0 ? 'FAIL' : open.length > 0 || metrics.length === 0 ? 'INCONCLUSIVE' : 'PASS';
  const said = failed.length > 0 ? failed : open.length > 0 ? open : metrics;
  return { verdict, reason: said.map((m) => `${m.name}: ${m.rule}`).join('; '), score: null, metrics };
}

function judgeOne(pair: PairedSeries, options: SequentialOptions): SeriesEvidence {
  const base = shown(pair);
  const { failedAt, interval } = walk(pair, options);
  const percent = (x: number): string => `${(x * 100).toPrecision(3)} %`;
  if (interval === null) return { ...base, verdict: 'INCONCLUSIVE', interval, rule: notEnough(base) };
  const span = `effect between ${percent(interval[0])} and ${percent(interval[1])}`;
  if (failedAt !== null)
    return { ...base, verdict: 'FAIL', interval, rule: `worse for sure after ${failedAt} points; ${span}` };
  const { direction, tolerance } = options;
  const high = direction === 'decrease' || interval[1] <= tolerance;
  const low = direction === 'increase' || interval[0] >= -tolerance;
  return high && low
    ? { ...base, verdict: 'PASS', interval, rule: `within the tolerance of ${percent(tolerance)}; ${span}` }
    : { ...base, verdict: 'INCONCLUSIVE', interval, rule: `neither worse nor within ${percent(tolerance)}; ${span}` };
}

function notEnough({ baseline, candidate }: Pick<SeriesEvidence, 'baseline' | 'candidate'>): string {
  if (baseline.mean === 0) return 'the baseline is 0: there is no relative effect; judge with kayenta or threshold';
  const worth = Math.floor(Math.min(baseline.effectivePoints, candidate.effectivePoints));
  return `too few points: ${baseline.points} and ${candidate.points}, the lesser worth ${worth}; ${LEAST_POINTS} each, worth ${LEAST_EFFECTIVE}, are needed`;
}

type Walk = { readonly failedAt: number | null; readonly interval: readonly [number, number] | null };

/** One look a point: both arms advance in proportion to their lengths. */
function walk({ baseline, candidate }: PairedSeries, { alpha, direction }: SequentialOptions): Walk {
  const b = baseline.filter((x) => !Number.isNaN(x));
  const c = candidate.filter((x) => !Number.isNaN(x));
  let interval: Walk['interval'] = null;
  let seenB = NO_POINTS;
  let seenC = NO_POINTS;
  for (let i = 1; i <= c.length; i++) {
    seenC = addPoint(seenC, c[i - 1] ?? 0);
    while (seenB.n < Math.round((i / c.length) * b.length)) seenB = addPoint(seenB, b[seenB.n] ?? 0);
    const now = look(seenB, seenC, alpha);
    if (!now) continue;
    interval = now;
    const worse = (direction !== 'decrease' && now[0] > 0) || (direction !== 'increase' && now[1] < 0);
    if (worse) return { failedAt: i, interval };
  }
  return { failedAt: null, interval };
}

function look(b: Running, c: Running, alpha: number): readonly [number, number] | undefined {
  const [mb, mc] = [momentsOf(b), momentsOf(c)];
  if (!mb || !mc || mb.mean === 0) return undefined;
  const { interval } = asymptoticCs(mb, mc, { alpha, tunedFor: TUNED_FOR, side: 'two-sided', relative: true });
  return interval;
}

/** With the independent points that the series is worth in place of its length. */
function momentsOf(running: Running): Moments | undefined {
  const { n, sum, sumOfSquares } = running;
  const worth = effectiveSize(n, lagOne(running));
  if (n < LEAST_POINTS || worth < LEAST_EFFECTIVE) return undefined;
  const mean = sum / n;
  return { mean, variance: Math.max(0, (sumOfSquares - n * mean * mean) / (n - 1)), n: worth };
}

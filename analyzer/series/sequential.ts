/**
 * Means of two recorded series by asymptotic confidence sequences, looked at after every point as if it were live.
 * Worse is decided on the difference of the means, which a baseline near 0 (rare errors) has too; how much, and PASS, on the
 * relative effect, candidate / baseline - 1. Each interval holds at all looks together.
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
  const { failed, interval } = walk(pair, options);
  const percent = (x: number): string => `${(x * 100).toPrecision(3)} %`;
  const span = (name: string, [low, high]: Interval): string => `${name} between ${percent(low)} and ${percent(high)}`;
  if (failed !== null) {
    // Where the baseline is near 0 the relative effect says nothing; what decided was the difference.
    const isClear = interval !== null && (interval[0] > 0 || interval[1] < 0);
    const effect = isClear ? span('effect', interval) : `means differ by ${failed.difference.map(figure).join(' to ')}`;
    const rule = `worse for sure after ${failed.at} points; ${effect}`;
    return { ...base, verdict: 'FAIL', interval: isClear ? interval : null, rule };
  }
  if (interval === null) return { ...base, verdict: 'INCONCLUSIVE', interval, rule: notEnough(base) };
  const said = span('effect', interval);
  const { direction, tolerance } = options;
  const high = direction === 'decrease' || interval[1] <= tolerance;
  const low = direction === 'increase' || interval[0] >= -tolerance;
  return high && low
    ? { ...base, verdict: 'PASS', interval, rule: `within the tolerance of ${percent(tolerance)}; ${said}` }
    : { ...base, verdict: 'INCONCLUSIVE', interval, rule: `neither worse nor within ${percent(tolerance)}; ${said}` };
}

function notEnough({ baseline, candidate }: Pick<SeriesEvidence, 'baseline' | 'candidate'>): string {
  if (baseline.mean === 0) return 'the baseline is 0: there is no relative effect; judge with kayenta or threshold';
  const worth = Math.floor(Math.min(baseline.effectivePoints, candidate.effectivePoints));
  return `too few points: ${baseline.points} and ${candidate.points}, the lesser worth ${worth}; ${LEAST_POINTS} each, worth ${LEAST_EFFECTIVE}, are needed`;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

type Interval = readonly [number, number];
type Walk = {
  /** The first look at which it was worse, and the difference of the means then. */
  readonly failed: { readonly at: number; readonly difference: Interval } | null;
  /** Of the relative effect, at the last look; null where there is none. */
  readonly interval: Interval | null;
};

/** One look a point: both arms advance in proportion to their lengths. */
function walk({ baseline, candidate }: PairedSeries, { alpha, direction }: SequentialOptions): Walk {
  const b = baseline.filter((x) => !Number.isNaN(x));
  const c = candidate.filter((x) => !Number.isNaN(x));
  let interval: Interval | null = null;
  let seenB = NO_POINTS;
  let seenC = NO_POINTS;
  for (let i = 1; i <= c.length; i++) {
    seenC = addPoint(seenC, c[i - 1] ?? 0);
    while (seenB.n < Math.round((i / c.length) * b.length)) seenB = addPoint(seenB, b[seenB.n] ?? 0);
    const now = look(seenB, seenC, alpha);
    if (!now) continue;
    interval = now.effect ?? interval;
    const [low, high] = now.difference;
    const worse = (direction !== 'decrease' && low > 0) || (direction !== 'increase' && high < 0);
    if (worse) return { failed: { at: i, difference: now.difference }, interval };
  }
  return { failed: null, interval };
}

type Look = { readonly difference: Interval; readonly effect: Interval | null };

function look(b: Running, c: Running, alpha: number): Look | undefined {
  const [mb, mc] = [momentsOf(b), momentsOf(c)];
  if (!mb || !mc) return undefined;
  const of = (relative: boolean): Interval =>
    asymptoticCs(mb, mc, { alpha, tunedFor: TUNED_FOR, side: 'two-sided', relative }).interval;
  return { difference: of(false), effect: mb.mean === 0 ? null : of(true) };
}

/** With the independent points that the series is worth in place of its length. */
function momentsOf(running: Running): Moments | undefined {
  const { n, sum, sumOfSquares } = running;
  const worth = effectiveSize(n, lagOne(running));
  if (n < LEAST_POINTS || worth < LEAST_EFFECTIVE) return undefined;
  const mean = sum / n;
  return { mean, variance: Math.max(0, (sumOfSquares - n * mean * mean) / (n - 1)), n: worth };
}

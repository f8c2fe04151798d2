/** What every judge of series shows beside its verdict. */
import { addPoint, effectiveSize, isAutocorrelated, lagOne, NO_POINTS } from './autocorrelation.ts';
import type { PairedSeries, SeriesEvidence, SeriesFigures } from './series.ts';

type Shown = Pick<SeriesEvidence, 'name' | 'baseline' | 'candidate' | 'effect' | 'warnings'>;

export function figuresOf(data: readonly number[]): SeriesFigures {
  const running = data.filter((x) => !Number.isNaN(x)).reduce(addPoint, NO_POINTS);
  const { n, sum } = running;
  const r = lagOne(running);
  return {
    points: n,
    missing: data.length - n,
    mean: n === 0 ? null : sum / n,
    autocorrelation: r,
    effectivePoints: effectiveSize(n, r),
  };
}

export function shown({ name, baseline, candidate }: PairedSeries): Shown {
  const b = figuresOf(baseline);
  const c = figuresOf(candidate);
  const effect = b.mean === null || c.mean === null || b.mean === 0 ? null : c.mean / b.mean - 1;
  return {
    name,
    baseline: b,
    candidate: c,
    effect,
    warnings: [...warnings('baseline', b), ...warnings('candidate', c)],
  };
}

function warnings(arm: string, { points, missing, autocorrelation, effectivePoints }: SeriesFigures): string[] {
  const said: string[] = [];
  if (missing > 0) said.push(`${arm}: ${missing} of ${points + missing} points are missing`);
  if (isAutocorrelated(points, autocorrelation) && autocorrelation > 0)
    said.push(
      `${arm}: points repeat each other (lag-1 autocorrelation ${autocorrelation.toFixed(2)}); ` +
        `${points} points are worth about ${Math.round(effectivePoints)}`,
    );
  return said;
}

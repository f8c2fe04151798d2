/** What happened to the experiment, as lines and bands on the time axis that all its charts share. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { ExperimentPoint } from '../../contracts/live.ts';
import { formatWeight } from '../format/number.ts';

export type MarkTone = 'step' | 'good' | 'bad' | 'warn';
/** Times in Unix seconds, as uPlot wants them. */
export type Mark = { readonly at: number; readonly label: string; readonly tone: MarkTone };
/** A stretch of time at one weight. */
export type Band = { readonly from: number; readonly to: number; readonly weight: number };

type Ending = Pick<ExperimentView, 'endedAt' | 'verdict' | 'phase'>;

const VERDICT_TONE = { PASS: 'good', FAIL: 'bad', INCONCLUSIVE: 'warn', PENDING: 'warn' } as const;

/** A line where the intended weight changed, and one where the run ended, with its verdict. */
export function marksOf(points: readonly ExperimentPoint[], view: Ending): readonly Mark[] {
  const marks: Mark[] = [];
  points.forEach((point, i) => {
    const before = points[i - 1]?.intendedPpm ?? 0;
    if (point.intendedPpm !== before)
      marks.push({ at: point.at / 1_000, label: formatWeight(point.intendedPpm), tone: 'step' });
  });
  if (view.endedAt !== null) {
    const label = view.verdict === 'PENDING' ? 'ended' : view.verdict;
    marks.push({ at: Date.parse(view.endedAt) / 1_000, label, tone: VERDICT_TONE[view.verdict] });
  }
  return marks;
}

export function bandsOf(points: readonly ExperimentPoint[]): readonly Band[] {
  const bands: { from: number; to: number; weight: number }[] = [];
  let ppm = -1;
  for (const point of points) {
    const at = point.at / 1_000;
    const last = bands.at(-1);
    if (last) last.to = at;
    if (point.intendedPpm !== ppm) {
      ppm = point.intendedPpm;
      bands.push({ from: at, to: at, weight: ppm / 1_000_000 });
    }
  }
  return bands.filter((band) => band.weight > 0);
}

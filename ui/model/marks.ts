/** What happened to the experiment, as lines and bands on the time axis that all its charts share. */
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { ExperimentPoint } from '../../contracts/live.ts';
import { formatWeight } from '../format/number.ts';

export type MarkTone = 'step' | 'good' | 'bad' | 'warn';
/** Times in Unix seconds, as uPlot wants them. */
export type Mark = { readonly at: number; readonly label: string; readonly tone: MarkTone };
/** A stretch of time at one weight. */
export type Band = { readonly from: number; readonly to: number; readonly weight: number };

type Ending = Pick<ExperimentView, 'endedAt' | 'verdict'>;
type Entry = Pick<JournalEntry, 'at' | 'type'>;

/** All of the traffic: no step, but the promotion, which has its own line. In parts per million. */
const PPM = 1_000_000;

/** Decisions of the journal that are worth a line on every chart. Steps are seen in the weight itself. */
const DECISIONS: Readonly<Record<string, readonly [label: string, tone: MarkTone]>> = {
  'no-traffic': ['no traffic', 'warn'],
  'no-data': ['no data', 'warn'],
  held: ['held', 'warn'],
  promote: ['promoted', 'good'],
  'moved-back': ['moved back', 'bad'],
  aborted: ['aborted', 'warn'],
  refused: ['refused', 'bad'],
};
/** Those that tell how the run ended. */
const ENDINGS: readonly string[] = ['verdict', 'promote', 'moved-back', 'aborted', 'refused'];

const VERDICT_TONE = { PASS: 'good', FAIL: 'bad', INCONCLUSIVE: 'warn', PENDING: 'warn' } as const;

/** A line where the weight rose to another step, one for each decision, and the end where no decision stands for it. */
export function marksOf(points: readonly ExperimentPoint[], journal: readonly Entry[], view: Ending): readonly Mark[] {
  const marks: Mark[] = [];
  points.forEach((point, i) => {
    const before = points[i - 1]?.intendedPpm ?? 0;
    if (point.intendedPpm !== before && point.intendedPpm > 0 && point.intendedPpm < PPM)
      marks.push({ at: point.at / 1_000, label: formatWeight(point.intendedPpm), tone: 'step' });
  });
  const verdict = [view.verdict === 'PENDING' ? 'ended' : view.verdict, VERDICT_TONE[view.verdict]] as const;
  for (const entry of journal) {
    const [label, tone] = entry.type === 'verdict' ? verdict : (DECISIONS[entry.type] ?? []);
    if (label !== undefined && tone !== undefined) marks.push({ at: Date.parse(entry.at) / 1_000, label, tone });
  }
  if (view.endedAt !== null && !journal.some((entry) => ENDINGS.includes(entry.type)))
    marks.push({ at: Date.parse(view.endedAt) / 1_000, label: verdict[0], tone: verdict[1] });
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

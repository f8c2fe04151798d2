/** The life of an experiment as a strip of phases: what is behind it, where it stands, what may still come. */
import type { ExperimentView, Phase } from '../../contracts/experiment.ts';

export type PhaseTone = 'good' | 'bad' | 'warn' | 'wait';
export type StripItem = {
  readonly phase: Phase;
  readonly label: string;
  readonly state: 'done' | 'current' | 'next';
  readonly tone: PhaseTone;
};

const LABELS: Readonly<Record<Phase, string>> = {
  declared: 'Declared',
  measuring: 'Measuring baseline',
  stepping: 'Stepping',
  previewing: 'Previewing',
  switched: 'Switched, old version warm',
  testing: 'Testing',
  injecting: 'Injecting faults',
  recovering: 'Recovering',
  shadowing: 'Shadowing',
  held: 'Held for a person',
  promoting: 'Promoting',
  watching: 'Watching',
  promoted: 'Promoted',
  'rolling-back': 'Rolling back',
  'rolled-back': 'Rolled back',
};

const TONES: Readonly<Record<Phase, PhaseTone>> = {
  declared: 'wait',
  measuring: 'wait',
  stepping: 'wait',
  previewing: 'wait',
  switched: 'wait',
  testing: 'wait',
  injecting: 'wait',
  recovering: 'wait',
  shadowing: 'wait',
  held: 'warn',
  promoting: 'wait',
  watching: 'wait',
  promoted: 'good',
  'rolling-back': 'bad',
  'rolled-back': 'bad',
};

/** What each kind does between measuring the baseline and its end. */
const MIDDLE: Readonly<Record<string, readonly Phase[]>> = {
  Canary: ['stepping'],
  BlueGreen: ['previewing', 'switched'],
  ABTest: ['testing'],
  Chaos: ['injecting', 'recovering'],
  Shadow: ['shadowing'],
};
const PROMOTION: readonly Phase[] = ['promoting', 'watching', 'promoted'];

const BACK: readonly Phase[] = ['rolling-back', 'rolled-back'];

type Standing = Pick<ExperimentView, 'kind' | 'phase' | 'steps' | 'verdict'> & Partial<Pick<ExperimentView, 'spec'>>;

/**
 * The phases that this run goes through. A rollback shows only what truly lay before it.
 * @param promoted - whether the stable version was moved before
 */
export function phaseStrip(view: Standing, promoted = false): readonly StripItem[] {
  const path = pathOf(view, promoted);
  const current = path.indexOf(view.phase);
  return path.map((phase, i) => ({
    phase,
    label: LABELS[phase],
    state: i < current ? 'done' : i === current ? 'current' : 'next',
    tone: i === current ? toneOf(view) : TONES[phase],
  }));
}

/** Rolling back without a failure (halted, inconclusive, a test that is over, faults that were borne) is no fault of the candidate. */
function toneOf(view: Standing): PhaseTone {
  const { phase, verdict } = view;
  if (!BACK.includes(phase) || verdict === 'FAIL') return TONES[phase];
  return verdict === 'PASS' ? 'good' : 'warn';
}

function pathOf(view: Standing, promoted: boolean): readonly Phase[] {
  const { kind, phase, steps } = view;
  const end = mayPromote(view) ? PROMOTION : BACK;
  const middle = MIDDLE[kind] ?? ['stepping'];
  const reached = (i: number): boolean => (kind === 'BlueGreen' ? [steps[i]] : steps).some(isReached);
  if (phase === 'rolling-back' || phase === 'rolled-back')
    return [
      'declared',
      'measuring',
      ...middle.filter((_, i) => reached(i)),
      ...(promoted ? (['promoting', 'watching'] as const) : []),
      'rolling-back',
      'rolled-back',
    ];
  if (phase === 'held') return ['declared', 'measuring', ...middle.filter((_, i) => reached(i)), 'held', ...end];
  return ['declared', 'measuring', ...middle, ...end];
}

/** An A/B test changes nothing for good unless it was asked to, by its document or by a person; these never do. */
function mayPromote({ kind, phase, spec }: Standing): boolean {
  if (kind === 'Chaos' || kind === 'Shadow') return false;
  return kind !== 'ABTest' || spec?.['promote'] === 'winner' || PROMOTION.includes(phase);
}

function isReached(step: ExperimentView['steps'][number] | undefined): boolean {
  return step !== undefined && step.state !== 'waiting';
}

/** Who serves the traffic: a split of both while steps are taken, else one of them. */
export function servingArm({ phase }: Pick<ExperimentView, 'phase'>): 'split' | 'baseline' | 'candidate' {
  if (phase === 'stepping' || phase === 'testing' || phase === 'previewing' || phase === 'held') return 'split';
  return phase === 'switched' || phase === 'promoting' || phase === 'watching' || phase === 'promoted'
    ? 'candidate'
    : 'baseline';
}

/** Kinds that may make another version the stable one; the others break or copy something, and put it back. */
const RELEASES: readonly string[] = ['Canary', 'BlueGreen', 'ABTest'];
const UNDECIDED: readonly Phase[] = ['measuring', 'stepping', 'previewing', 'switched', 'testing', 'held'];

export function mayBePromoted({ kind, phase }: Pick<ExperimentView, 'kind' | 'phase'>): boolean {
  return RELEASES.includes(kind) && UNDECIDED.includes(phase);
}

export function isRunning(view: Pick<ExperimentView, 'phase'>): boolean {
  return view.phase !== 'promoted' && view.phase !== 'rolled-back';
}

export function phaseLabel(phase: Phase): string {
  return LABELS[phase];
}

/** Running ones first, then the latest start first. */
export function inOrder(views: readonly ExperimentView[]): readonly ExperimentView[] {
  return [...views].sort(
    (a, b) => Number(isRunning(b)) - Number(isRunning(a)) || Date.parse(b.startedAt) - Date.parse(a.startedAt),
  );
}

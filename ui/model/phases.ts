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
  held: 'warn',
  promoting: 'wait',
  watching: 'wait',
  promoted: 'good',
  'rolling-back': 'bad',
  'rolled-back': 'bad',
};

const FORWARD: readonly Phase[] = ['declared', 'measuring', 'stepping', 'promoting', 'watching', 'promoted'];

type Standing = Pick<ExperimentView, 'phase' | 'steps' | 'verdict'>;

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

/** Rolling back without a failure (halted, or inconclusive) is no fault of the candidate. */
function toneOf(view: Standing): PhaseTone {
  const { phase, verdict } = view;
  return (phase === 'rolling-back' || phase === 'rolled-back') && verdict !== 'FAIL' ? 'warn' : TONES[phase];
}

function pathOf({ phase, steps }: Standing, promoted: boolean): readonly Phase[] {
  const stepped = steps.some((step) => step.state !== 'waiting');
  if (phase === 'rolling-back' || phase === 'rolled-back')
    return [
      'declared',
      'measuring',
      ...(stepped ? (['stepping'] as const) : []),
      ...(promoted ? (['promoting', 'watching'] as const) : []),
      'rolling-back',
      'rolled-back',
    ];
  if (phase === 'held') return ['declared', 'measuring', 'stepping', 'held', 'promoting', 'watching', 'promoted'];
  return FORWARD;
}

/** Who serves the traffic: a split of both while steps are taken, else one of them. */
export function servingArm({ phase }: Pick<ExperimentView, 'phase'>): 'split' | 'baseline' | 'candidate' {
  if (phase === 'stepping' || phase === 'held') return 'split';
  return phase === 'promoting' || phase === 'watching' || phase === 'promoted' ? 'candidate' : 'baseline';
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

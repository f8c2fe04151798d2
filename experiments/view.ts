/** A run as people see it. Pure. */
import type { SourceDocument } from '../contracts/document.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import { PPM } from '../contracts/units.ts';
import { isOver } from './canary.ts';
import { measuredShare } from './measured-share.ts';
import type { Seen } from './measured-share.ts';
import type { Run } from './overlay-of.ts';
import { reasonNow } from './sentences.ts';
import { NOTHING_JUDGED } from './state.ts';
import type { State } from './state.ts';

export type Shown = {
  readonly run: Run;
  readonly source: SourceDocument;
  readonly state: State;
  readonly seen: readonly Seen[];
  readonly nowMs: number;
  readonly startedAt: string;
  readonly updatedAt: string;
};

export function makeView({ run, source, state, seen, nowMs, startedAt, updatedAt }: Shown): ExperimentView {
  const { metadata, kind, spec } = run.document;
  return {
    id: run.id,
    name: metadata.name,
    kind,
    service: spec.service,
    baseline: spec.baseline,
    candidate: spec.candidate,
    phase: state.phase,
    verdict: state.verdict,
    reason: reasonNow(run, state),
    startedAt,
    updatedAt,
    endedAt: isOver(state) ? updatedAt : null,
    steps: spec.steps.map((step, i) => ({ weightPpm: step.weight, state: stepState(state, i) })),
    stepIndex: Math.max(0, state.stepIndex),
    intendedPpm: intended(run, state),
    measuredPpm: isOver(state) || state.phase === 'watching' ? null : measuredShare(seen, state.epoch, nowMs),
    totals: { ...state.totals },
    judgement: state.judgement,
    haltedBy: state.haltedBy,
    spec: { ...source.spec },
  };
}

function stepState(state: State, index: number): 'waiting' | 'running' | 'done' {
  if (index > state.stepIndex) return 'waiting';
  const running = index === state.stepIndex && (state.phase === 'stepping' || state.phase === 'held');
  return running ? 'running' : 'done';
}

/** The candidate's share as decided: the step's, and everything from the promotion on. */
function intended({ document: { spec } }: Run, state: State): number {
  switch (state.phase) {
    case 'stepping':
    case 'held':
      return spec.steps[state.stepIndex]?.weight ?? 0;
    case 'promoting':
    case 'watching':
    case 'promoted':
      return PPM;
    default:
      return 0;
  }
}

/** What can still be shown of a run whose journal cannot be read. */
export function damagedView(
  id: string,
  known: { readonly run: Run; readonly source: SourceDocument } | undefined,
  reason: string,
  at: { readonly startedAt: string; readonly endedAt: string },
): ExperimentView {
  const spec = known?.run.document.spec;
  return {
    id,
    name: known?.run.document.metadata.name ?? id,
    kind: 'Canary',
    service: spec?.service ?? '',
    baseline: spec?.baseline ?? '',
    candidate: spec?.candidate ?? '',
    phase: 'rolled-back',
    verdict: 'INCONCLUSIVE',
    reason,
    startedAt: at.startedAt,
    updatedAt: at.endedAt,
    endedAt: at.endedAt,
    steps: (spec?.steps ?? []).map((step) => ({ weightPpm: step.weight, state: 'waiting' as const })),
    stepIndex: 0,
    intendedPpm: 0,
    measuredPpm: null,
    totals: { baselineRequests: 0, candidateRequests: 0, candidateErrors: 0, shielded: 0 },
    judgement: NOTHING_JUDGED,
    haltedBy: null,
    spec: { ...known?.source.spec },
  };
}

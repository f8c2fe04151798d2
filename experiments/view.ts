/** A run as people see it. Pure. */
import type { CanaryDocument, SourceDocument } from '../contracts/document.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import type { State } from './state.ts';

export type Shown = {
  readonly id: string;
  readonly document: CanaryDocument;
  readonly source: SourceDocument;
  readonly state: State;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
  readonly measuredPpm: number | null;
};

export function makeView({
  id,
  document,
  source,
  state,
  startedAt,
  updatedAt,
  endedAt,
  measuredPpm,
}: Shown): ExperimentView {
  const { spec } = document;
  return {
    id,
    name: document.metadata.name,
    kind: document.kind,
    service: spec.service,
    baseline: spec.baseline,
    candidate: spec.candidate,
    phase: state.phase,
    verdict: state.verdict,
    reason: state.reason,
    startedAt,
    updatedAt,
    endedAt,
    steps: spec.steps.map((step, i) => ({ weightPpm: step.weight, state: stepState(state, i) })),
    stepIndex: state.stepIndex,
    intendedPpm: intended(document, state),
    measuredPpm,
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

function intended({ spec }: CanaryDocument, state: State): number {
  return state.phase === 'stepping' || state.phase === 'held' ? (spec.steps[state.stepIndex]?.weight ?? 0) : 0;
}

/** A run as people see it. Pure. */
import type { ExperimentView } from '../contracts/experiment.ts';
import { PPM } from '../contracts/units.ts';
import { isOver } from './life.ts';
import { measuredShare } from './measured-share.ts';
import type { Seen } from './measured-share.ts';
import { reasonNow } from './sentences.ts';
import { NOTHING_JUDGED } from './state.ts';
import type { State } from './state.ts';
import type { Story } from './story.ts';
import { isShifting } from './transitions.ts';

export type Shown = {
  readonly story: Story;
  readonly state: State;
  readonly seen: readonly Seen[];
  readonly nowMs: number;
  readonly startedAt: string;
  readonly updatedAt: string;
};

export function makeView({ story, state, seen, nowMs, startedAt, updatedAt }: Shown): ExperimentView {
  const { run, terms } = story;
  const { metadata, kind } = run.document;
  return {
    id: run.id,
    name: metadata.name,
    kind,
    service: terms.service,
    baseline: terms.baseline || state.stable,
    candidate: terms.candidate || state.stable,
    phase: state.phase,
    verdict: state.verdict,
    reason: reasonNow(story, state),
    startedAt,
    updatedAt,
    endedAt: isOver(state) ? updatedAt : null,
    steps: story.stepsPpm.map((weightPpm, i) => ({ weightPpm, state: stepState(story, state, i) })),
    stepIndex: Math.max(0, state.stepIndex),
    intendedPpm: intended(story, state),
    measuredPpm:
      isOver(state) || state.phase === 'watching' || !story.releases ? null : measuredShare(seen, state.epoch, nowMs),
    totals: { ...state.totals },
    judgement: state.judgement,
    haltedBy: state.haltedBy,
    score: story.score?.(state) ?? null,
    ...(story.faults ? { faults: story.faults(state) } : {}),
    waitsFor: state.phase === 'declared' || isShifting(story, state) ? (state.waits?.for ?? null) : null,
    pausedBy: isShifting(story, state) ? state.pausedBy : null,
    spec: { ...run.source.spec },
  };
}

function stepState(story: Story, state: State, index: number): 'waiting' | 'running' | 'done' {
  if (index > state.stepIndex) return 'waiting';
  return index === state.stepIndex && isShifting(story, state) ? 'running' : 'done';
}

/** The candidate's share of the users as decided: the step's, and everything from the promotion on. Copies are no users. */
function intended(story: Story, state: State): number {
  if (state.phase === 'shadowing') return 0;
  if (state.phase === 'promoting' || state.phase === 'watching' || state.phase === 'promoted') return PPM;
  return isShifting(story, state) ? (story.stepsPpm[state.stepIndex] ?? 0) : 0;
}

/** What can still be shown of a run whose journal cannot be read. */
export function damagedView(
  id: string,
  story: Story | undefined,
  reason: string,
  at: { readonly startedAt: string; readonly endedAt: string },
): ExperimentView {
  const document = story?.run.document;
  const terms = story?.terms;
  return {
    id,
    name: document?.metadata.name ?? id,
    kind: document?.kind ?? 'Canary',
    service: terms?.service ?? '',
    baseline: terms?.baseline ?? '',
    candidate: terms?.candidate ?? '',
    phase: 'rolled-back',
    verdict: 'INCONCLUSIVE',
    reason,
    startedAt: at.startedAt,
    updatedAt: at.endedAt,
    endedAt: at.endedAt,
    steps: (story?.stepsPpm ?? []).map((weightPpm) => ({ weightPpm, state: 'waiting' as const })),
    stepIndex: 0,
    intendedPpm: 0,
    measuredPpm: null,
    totals: { baselineRequests: 0, candidateRequests: 0, candidateErrors: 0, shielded: 0 },
    judgement: NOTHING_JUDGED,
    haltedBy: null,
    spec: { ...story?.run.source.spec },
  };
}

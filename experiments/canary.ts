/**
 * The life of a canary: declared -> measuring -> stepping -> promoted or rolled back (see life.ts); `held` where a person
 * decides. The candidate's share rises step by step, and at every moment the evidence may end it.
 */
import { startJudge } from '../analyzer/sequential/judge.ts';
import type { CanaryDocument } from '../contracts/document.ts';
import { formatDuration } from '../contracts/units.ts';
import { leaveMeasuring } from './baseline.ts';
import { endWithoutData, fail, inconclusive, leaveHeld } from './endings.ts';
import { takeReport } from './evidence.ts';
import { forward, needsOf, NOTHING, waitsNoMore } from './forward.ts';
import { comparedRows } from './fresh-baseline.ts';
import { guardOver } from './guarding.ts';
import { hasCalendar } from './opening.ts';
import { shiftingOverlay } from './overlay-of.ts';
import { promote } from './promotion.ts';
import { known, weight } from './sentences.ts';
import type { State, Transition } from './state.ts';
import type { Run, Story } from './story.ts';
import { deadlineOver, deadlineSentence, decide, layOverlay, notice, stay, withoutData } from './transitions.ts';

/** @param wordEveryMs - see takeReport */
export function canary(run: Run<CanaryDocument>, wordEveryMs?: number): Story {
  const { spec } = run.document;
  const story: Story = {
    run,
    releases: true,
    terms: spec,
    phases: ['measuring', 'stepping', 'held'],
    comparing: ['stepping', 'held'],
    stepsPpm: spec.steps.map((step) => step.weight),
    overlay: ({ phase, stepIndex }, epoch) => ({
      ...shiftingOverlay(story, epoch, spec.steps[stepIndex]?.weight ?? 0),
      ...(spec.preview && phase !== 'measuring' ? { preview: spec.preview } : {}),
      ...(spec.freshBaseline !== undefined && phase !== 'measuring' ? { fresh: spec.freshBaseline } : {}),
      shield: spec.shield,
    }),
    takeIn: (state, rows) => takeReport(state, rows, comparedRows(story.terms, rows), wordEveryMs),
    goOn: (state) => {
      if (state.phase === 'measuring') return leaveMeasuring(story, state, () => toStep(story, run, state, 0));
      if (state.judgement.verdict === 'FAIL') return fail(story, state);
      const guard = guardOver(story, state);
      if (guard) return guard;
      if (withoutData(story, state)) return endWithoutData(story, state);
      return state.phase === 'held' ? leaveHeld(story, state) : leaveStep(story, run, state);
    },
  };
  return story;
}

/** To the step at once, or when a person has approved it and the calendar lets it. */
function toStep(story: Story, run: Run<CanaryDocument>, state: State, index: number): Transition | undefined {
  const needs = {
    approval: run.document.spec.steps[index]?.approval ?? false,
    window: hasCalendar(run.document.spec),
    others: false,
  };
  return forward(state, needs, `step ${index + 1}`, (now) => startStep(story, run, now, index));
}

/** measuring -> the first step, or one step -> the next: an overlay with the step's weight. */
function startStep(story: Story, { document: { spec } }: Run<CanaryDocument>, state: State, index: number): Transition {
  const share = weight(spec.steps[index]?.weight ?? 0);
  const beside = spec.freshBaseline === undefined ? '' : `, beside as much to ${spec.freshBaseline}`;
  const reason = `step ${index + 1} of ${spec.steps.length}: ${share} % to ${spec.candidate}${beside}`;
  const next: State = {
    ...state,
    phase: 'stepping',
    stepIndex: index,
    elapsedMs: 0,
    stepCandidateRequests: 0,
    lacking: 'nothing',
    judge: state.judge ?? startJudge(spec.analysis, { latency: state.calibration }),
    calibration: [],
    reason,
  };
  const { judgement, totals } = state;
  return decide(layOverlay(story, next), 'step', reason, { judgement, totals });
}

/** stepping -> the next step, promoting (PASS), or INCONCLUSIVE. */
function leaveStep(story: Story, run: Run<CanaryDocument>, state: State): Transition | undefined {
  const { spec } = run.document;
  const holdMs = spec.steps[state.stepIndex]?.hold ?? spec.hold.min;
  if (deadlineOver(story, state)) return inconclusive(story, state, `${deadlineSentence(story)}: ${known(state)}`);
  if (state.pausedBy !== null) return forward(state, NOTHING, 'the next step', stay);
  if (state.elapsedMs < holdMs) return notice(story, state, false);
  if (state.stepIndex < spec.steps.length - 1) {
    if (state.stepCandidateRequests > 0) return toStep(story, run, state, state.stepIndex + 1);
    return notice(story, state, true);
  }
  if (state.judgement.verdict === 'PASS')
    return forward(state, needsOf(spec), 'the promotion', (now) =>
      promote(story, { ...now, verdict: 'PASS' }, `promoted: ${now.judgement.reason}`, null),
    );
  const maxMs = Math.max(holdMs, spec.hold.max);
  if (state.elapsedMs >= maxMs)
    return inconclusive(story, state, `no verdict after ${formatDuration(maxMs)} at the last step: ${known(state)}`);
  return waitsNoMore(state) ?? notice(story, state, state.stepCandidateRequests === 0);
}

/**
 * The life of a canary: declared -> measuring -> stepping -> promoted or rolled back (see life.ts); `held` where a person
 * decides. The candidate's share rises step by step, and at every moment the evidence may end it.
 */
import { startJudge } from '../analyzer/sequential/judge.ts';
import type { CanaryDocument } from '../contracts/document.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { formatDuration } from '../contracts/units.ts';
import { rowsOf } from './arm-counts.ts';
import { leaveMeasuring } from './baseline.ts';
import { NO_COUNTS } from './counts.ts';
import { endWithoutData, fail, inconclusive, leaveHeld } from './endings.ts';
import { guard, takeReport } from './evidence.ts';
import { forward, needsOf, NOTHING, waitsNoMore } from './forward.ts';
import { comparedRows } from './fresh-baseline.ts';
import { guardOver } from './guarding.ts';
import { crossed } from './limits.ts';
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
    takeIn: (state, rows) =>
      takeLimited(run, takeReport(state, rows, comparedRows(story.terms, rows), wordEveryMs), rows),
    goOn: (state) => {
      if (state.phase === 'measuring') return leaveMeasuring(story, state, () => toStep(story, run, state, 0));
      if (state.judgement.verdict === 'FAIL') return fail(story, state);
      const limit = crossed(spec.steps[state.stepIndex]?.guardrails ?? [], state.guarded);
      if (limit !== undefined) return fail(story, state, `${limit} at step ${state.stepIndex + 1}`);
      const ended = guardOver(story, state);
      if (ended) return ended;
      if (withoutData(story, state)) return endWithoutData(story, state);
      return state.phase === 'held' ? leaveHeld(story, state) : leaveStep(story, run, state);
    },
  };
  return story;
}

/** For the guardrails of the step: its own requests, once it is warm. */
function takeLimited({ document: { spec } }: Run<CanaryDocument>, state: State, rows: readonly ArmRow[]): State {
  const isLimited = spec.steps[state.stepIndex]?.guardrails !== undefined && state.warmEpoch >= state.epoch;
  if (!isLimited || (state.phase !== 'stepping' && state.phase !== 'held')) return state;
  return guard(
    state,
    rowsOf(rows, 'candidate').filter((row) => !row.preview),
  );
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
    guarded: NO_COUNTS,
    lacking: 'nothing',
    // What was measured is the old baseline; edges at its latencies say nothing of a fresh one.
    judge: state.judge ?? startJudge(spec.analysis, { latency: spec.freshBaseline ? [] : state.calibration }),
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
  const isLast = state.stepIndex === spec.steps.length - 1;
  if (!isLast && state.stepCandidateRequests < spec.hold.requests)
    return notice(story, state, state.stepCandidateRequests === 0);
  if (!isLast && !isEarly(run, state)) return toStep(story, run, state, state.stepIndex + 1);
  if (state.judgement.verdict === 'PASS')
    return forward(state, needsOf(spec), 'the promotion', (now) =>
      promote(story, { ...now, verdict: 'PASS' }, `promoted${early(run, now)}: ${now.judgement.reason}`, null),
    );
  const maxMs = Math.max(holdMs, spec.hold.max);
  if (state.elapsedMs >= maxMs)
    return inconclusive(story, state, `no verdict after ${formatDuration(maxMs)} at the last step: ${known(state)}`);
  return waitsNoMore(state) ?? notice(story, state, state.stepCandidateRequests === 0);
}

/** Whether the evidence makes the other steps superfluous. A step that a person approves is never left out. */
function isEarly({ document: { spec } }: Run<CanaryDocument>, { stepIndex, judgement }: State): boolean {
  const skipped = spec.steps.slice(stepIndex + 1);
  return spec.earlyPromotion && judgement.verdict === 'PASS' && !skipped.some((step) => step.approval);
}

function early({ document: { spec } }: Run<CanaryDocument>, { stepIndex }: State): string {
  const share = weight(spec.steps[stepIndex]?.weight ?? 0);
  return stepIndex < spec.steps.length - 1 ? ` early, from ${share} %` : '';
}

/**
 * The life of a blue-green release: declared -> measuring -> previewing -> switched -> promoted or rolled back (see
 * life.ts). The candidate is verified with preview requests or a small share, then takes everything at once; the old
 * version stays warm, so that dropping the overlay is the switch back.
 */
import { startJudge } from '../analyzer/sequential/judge.ts';
import { plural } from '../analyzer/sequential/wording.ts';
import type { BlueGreenDocument } from '../contracts/document.ts';
import { formatDuration, PPM } from '../contracts/units.ts';
import { leaveMeasuring } from './baseline.ts';
import { lately, NO_COUNTS, NOTHING_RECENT } from './counts.ts';
import { endWithoutData, fail, inconclusive, leaveHeld } from './endings.ts';
import { forward, needsOf, NOTHING, waitsNoMore } from './forward.ts';
import { crossed } from './limits.ts';
import { guardOver } from './guarding.ts';
import { shiftingOverlay } from './overlay-of.ts';
import { promote } from './promotion.ts';
import { known, weight } from './sentences.ts';
import type { State, Transition } from './state.ts';
import type { Run, Story } from './story.ts';
import { deadlineOver, deadlineSentence, decide, layOverlay, notice, stay, withoutData } from './transitions.ts';

type BlueGreenRun = Run<BlueGreenDocument>;

export function blueGreen(run: BlueGreenRun): Story {
  const { spec } = run.document;
  const story: Story = {
    run,
    releases: true,
    terms: spec,
    phases: ['measuring', 'previewing', 'switched', 'held'],
    comparing: ['previewing', 'switched', 'held'],
    stepsPpm: [spec.verify.share, PPM],
    overlay: (state, epoch) => overlayOf(story, run, state, epoch),
    goOn: (state) => {
      if (state.phase === 'measuring') return leaveMeasuring(story, state, () => startPreview(story, run, state));
      if (state.judgement.verdict === 'FAIL') return fail(story, state);
      const limit = crossed(spec.guardrails, state.guarded) ?? crossed(spec.guardrails, lately(state.recent));
      if (limit !== undefined) return fail(story, state, limit);
      const guard = guardOver(story, state);
      if (guard) return guard;
      if (withoutData(story, state)) return endWithoutData(story, state);
      if (state.phase === 'held') return leaveHeld(story, state);
      return state.phase === 'previewing' ? leavePreview(story, run, state) : leaveSwitched(story, run, state);
    },
    now: (state) => nowOf(run, state),
  };
  return story;
}

function overlayOf(story: Story, { document: { spec } }: BlueGreenRun, { phase }: State, epoch: number) {
  if (phase === 'measuring') return shiftingOverlay(story, epoch, 0);
  if (phase === 'switched') return shiftingOverlay(story, epoch, PPM);
  const overlay = shiftingOverlay(story, epoch, spec.verify.share);
  return spec.preview ? { ...overlay, preview: spec.preview } : overlay;
}

/** measuring -> previewing: testers' requests, and a share if the document gives one, meet the candidate. */
function startPreview(story: Story, { document: { spec } }: BlueGreenRun, state: State): Transition {
  const who = [
    ...(spec.preview ? ['preview requests'] : []),
    ...(spec.verify.share > 0 ? [`${weight(spec.verify.share)} % of the others`] : []),
  ].join(' and ');
  const reason = `${who} go to ${spec.candidate}, before the switch`;
  const next: State = {
    ...state,
    phase: 'previewing',
    stepIndex: 0,
    elapsedMs: 0,
    lacking: 'nothing',
    judge: startJudge(spec.analysis, { latency: state.calibration }),
    calibration: [],
    reason,
  };
  return decide(layOverlay(story, next), 'step', reason);
}

/** previewing -> switched when the candidate is verified; -> INCONCLUSIVE when it was not in time. */
function leavePreview(story: Story, run: BlueGreenRun, state: State): Transition | undefined {
  const { verify } = run.document.spec;
  if (deadlineOver(story, state)) return inconclusive(story, state, `${deadlineSentence(story)}: ${known(state)}`);
  if (state.pausedBy !== null) return forward(state, NOTHING, 'the switch', stay);
  if (state.elapsedMs < verify.min) return notice(story, state, false);
  if (isVerified(run, state))
    return forward(state, needsOf(story.terms), 'the switch', (now) => switchOver(story, run, now));
  const seen = verify.share > 0 ? known(state) : previewed(state);
  if (state.elapsedMs >= verify.max)
    return inconclusive(story, state, `not verified after ${formatDuration(verify.max)}: ${seen}`);
  return waitsNoMore(state) ?? notice(story, state, state.guarded.requests === 0);
}

/** Where a share is compared, the judge says so; else preview requests have been answered, and the checks hold. */
function isVerified({ document: { spec } }: BlueGreenRun, state: State): boolean {
  if (spec.verify.share > 0) return state.judgement.verdict === 'PASS';
  const checksHold = (state.judgement.checks ?? []).every((check) => check.verdict === 'PASS');
  return checksHold && state.preview.requests >= spec.verify.requests;
}

/** previewing -> switched: an overlay that sends everything to the candidate, everywhere at once. */
function switchOver(story: Story, { document: { spec } }: BlueGreenRun, state: State): Transition {
  const why = spec.verify.share > 0 ? state.judgement.reason : previewed(state);
  const reason = `switched to ${spec.candidate}: ${why}; ${spec.baseline} is kept warm for ${formatDuration(spec.warm)}`;
  const next: State = {
    ...state,
    phase: 'switched',
    stepIndex: 1,
    elapsedMs: 0,
    guarded: NO_COUNTS,
    recent: NOTHING_RECENT,
    lacking: 'nothing',
    reason,
  };
  const { judgement, totals, preview } = state;
  return decide(layOverlay(story, next), 'switch', reason, { judgement, totals, preview });
}

/** switched -> promoting, when the old version was kept warm for long enough and nobody missed it. */
function leaveSwitched(story: Story, { document: { spec } }: BlueGreenRun, state: State): Transition | undefined {
  if (deadlineOver(story, state)) return inconclusive(story, state, `${deadlineSentence(story)}: ${guarded(state)}`);
  if (state.pausedBy !== null) return forward(state, NOTHING, 'the promotion', stay);
  if (state.elapsedMs < spec.warm) return notice(story, state, false);
  if (state.guarded.requests === 0) return notice(story, state, true);
  return promote(story, { ...state, verdict: 'PASS' }, `promoted: after the switch, ${guarded(state)}`, null);
}

function nowOf({ document: { spec } }: BlueGreenRun, state: State): string | undefined {
  if (state.phase === 'switched')
    return `${spec.candidate} has everything, ${spec.baseline} is warm: ${guarded(state)}`;
  if (state.phase !== 'previewing' || state.guarded.requests === 0) return undefined;
  return spec.verify.share > 0 ? state.judgement.reason : `${previewed(state)}, of ${spec.verify.requests} wanted`;
}

function guarded({ guarded: { requests, errors } }: State): string {
  return `${errors} of ${plural(requests, 'request')} failed`;
}

function previewed({ preview: { requests, errors } }: State): string {
  return `${errors} of ${plural(requests, 'preview request')} failed`;
}

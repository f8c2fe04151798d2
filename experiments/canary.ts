/**
 * The life of a canary, as a pure reducer: declared -> measuring -> stepping -> (promoting -> watching -> promoted) or
 * (rolling-back -> rolled-back); `held` where a person decides. Every transition has one function below, with one
 * sentence on it. What is to be done in the world goes into the state's outbox, and is done after it is journalled.
 */
import { startJudge } from '../analyzer/sequential/judge.ts';
import { formatDuration, PPM } from '../contracts/units.ts';
import { answerDone, answerFailed } from './answers.ts';
import { takeMeasurement, withChecks } from './checks.ts';
import { takeIn } from './evidence.ts';
import { ask, awaits, cancelMoves } from './outbox.ts';
import type { Run } from './overlay-of.ts';
import { shiftingOverlay, watchingOverlay } from './overlay-of.ts';
import { deadlineOver, letPass, wasAway } from './passing-time.ts';
import { failure, known, lacking, watched, weight } from './sentences.ts';
import type { Decision, Effect, Event, State, Transition } from './state.ts';

/** R5: missing data ends an experiment as bad data does, after this many leases without a report. */
const LEASES_WITHOUT_DATA = 3;
/** The watch says nothing before this many requests. */
const WATCH_REQUESTS = 50;
/** Between moving the stable version and replacing the old overlay: the time that slow proxies have to follow. */
export const SPREAD_MS = 1_000;

export function isOver(state: State): boolean {
  return state.phase === 'promoted' || state.phase === 'rolled-back';
}

/**
 * @param event - what happened; time comes in as elapsed milliseconds (tick, resumed), never as a clock reading
 * @returns the new state, and what must be journalled before anything of its outbox is carried out
 */
export function advance(run: Run, before: State, event: Event): Transition {
  if (isOver(before)) return stay(before);
  let { state, decisions } = react(run, before, event);
  for (let next = goOn(run, state); next; next = goOn(run, state)) {
    state = next.state;
    decisions = [...decisions, ...next.decisions];
  }
  return { state, decisions };
}

function react(run: Run, state: State, event: Event): Transition {
  switch (event.type) {
    case 'started':
      return startMeasuring(run, state);
    case 'resumed':
      return takeUpAgain(run, state, event.awayMs);
    case 'observed':
      return stay(withChecks(run, takeIn(state, event.rows)));
    case 'measured':
      return stay(withChecks(run, takeMeasurement(run, state, event)));
    case 'tick':
      return wasAway(run, event.passedMs)
        ? takeUpAgain(run, state, event.passedMs)
        : stay(letPass(run, state, event.passedMs));
    case 'abort':
      return abort(run, state, event.by, event.reason);
    case 'promote':
      return promoteByHand(run, state, event.by, event.reason);
    case 'effect-done':
      return answerDone(run, state, event.id);
    case 'effect-failed': {
      const { state: next, decisions, over } = answerFailed(state, event);
      if (!over) return { state: next, decisions };
      return rollBack(run, next, 'refused', `rolled back: ${event.message}`, { code: event.code });
    }
    case 'journal-failed':
      return isShifting(state)
        ? rollBack(run, state, 'verdict', `rolled back: the journal could not be written (${event.message})`)
        : stay(state);
  }
}

/** What follows from the state alone, one transition at a time; undefined when it is to stay as it is. */
function goOn(run: Run, state: State): Transition | undefined {
  if (isOver(state)) return undefined;
  if (state.ending !== null) return state.outbox.length === 0 ? end(run, state, state.ending) : undefined;
  switch (state.phase) {
    case 'measuring':
      return leaveMeasuring(run, state);
    case 'stepping':
      return leaveStep(run, state);
    case 'held':
      return leaveHeld(run, state);
    case 'promoting':
      return leavePromoting(run, state);
    case 'watching':
      return leaveWatch(run, state);
    default:
      return undefined;
  }
}

/** declared -> measuring: an overlay that sends nothing to the candidate, so that the baseline is counted. */
function startMeasuring(run: Run, state: State): Transition {
  const { spec } = run.document;
  const reason = `measuring ${spec.baseline} for ${formatDuration(spec.measure)}`;
  return decide(shift(run, { ...state, phase: 'measuring', reason }, 0), 'measuring', reason);
}

/** measuring -> stepping, once the baseline had traffic for long enough; -> INCONCLUSIVE at the deadline. */
function leaveMeasuring(run: Run, state: State): Transition | undefined {
  const { spec } = run.document;
  if (deadlineOver(run, state)) return inconclusive(run, state, `${deadlineSentence(run)} before the first step`);
  const measuredLongEnough = state.elapsedMs >= spec.measure && !awaits(state, 'set-overlay');
  if (measuredLongEnough && state.measured > 0) return startStep(run, state, 0);
  return notice(run, state, measuredLongEnough);
}

/** measuring -> the first step, or one step -> the next: an overlay with the step's weight. */
function startStep(run: Run, state: State, stepIndex: number): Transition {
  const { spec } = run.document;
  const step = spec.steps[stepIndex];
  const reason = `step ${stepIndex + 1} of ${spec.steps.length}: ${weight(step?.weight ?? 0)} % to ${spec.candidate}`;
  const next: State = {
    ...state,
    phase: 'stepping',
    stepIndex,
    elapsedMs: 0,
    stepCandidateRequests: 0,
    lacking: 'nothing',
    judge: state.judge ?? startJudge(spec.analysis, { latency: state.calibration }),
    calibration: [],
    reason,
  };
  const { judgement, totals } = state;
  return decide(shift(run, next, step?.weight ?? 0), 'step', reason, { judgement, totals });
}

/** stepping -> rolling-back (FAIL, at any moment), the next step, promoting (PASS), or INCONCLUSIVE. */
function leaveStep(run: Run, state: State): Transition | undefined {
  const { spec } = run.document;
  const step = spec.steps[state.stepIndex];
  const holdMs = step?.hold ?? spec.hold.min;
  if (state.judgement.verdict === 'FAIL') return fail(run, state);
  if (withoutData(run, state)) return endWithoutData(run, state);
  if (deadlineOver(run, state)) return inconclusive(run, state, `${deadlineSentence(run)}: ${known(state)}`);
  if (state.elapsedMs < holdMs) return notice(run, state, false);
  if (state.stepIndex < spec.steps.length - 1) {
    if (state.stepCandidateRequests > 0) return startStep(run, state, state.stepIndex + 1);
    return notice(run, state, true);
  }
  if (state.judgement.verdict === 'PASS')
    return promote(run, { ...state, verdict: 'PASS' }, `promoted: ${state.judgement.reason}`, null);
  const maxMs = Math.max(holdMs, spec.hold.max);
  if (state.elapsedMs >= maxMs)
    return inconclusive(run, state, `no verdict after ${formatDuration(maxMs)} at the last step: ${known(state)}`);
  return notice(run, state, state.stepCandidateRequests === 0);
}

/** held -> rolling-back, on FAIL or when nobody decided in time. A person may promote or abort before that. */
function leaveHeld(run: Run, state: State): Transition | undefined {
  if (state.judgement.verdict === 'FAIL') return fail(run, state);
  if (withoutData(run, state)) return endWithoutData(run, state);
  if (!deadlineOver(run, state)) return undefined;
  return rollBack(run, state, 'verdict', `rolled back: nobody decided in time: ${known(state)}`);
}

/** -> rolling-back, with the evidence that the candidate is worse. */
function fail(run: Run, state: State): Transition {
  return rollBack(run, { ...state, verdict: 'FAIL' }, 'verdict', `rolled back: ${failure(state.judgement)}`);
}

/** -> rolling-back: with nothing seen, nothing may be risked, whatever the document says of INCONCLUSIVE. */
function endWithoutData(run: Run, state: State): Transition {
  return rollBack(
    run,
    state,
    'verdict',
    `rolled back: no data, no proxy has reported for ${formatDuration(state.silentMs)}`,
  );
}

/** INCONCLUSIVE is a verdict of its own; the document says what follows from it. */
function inconclusive(run: Run, before: State, why: string): Transition {
  const state: State = { ...before, verdict: 'INCONCLUSIVE' };
  const policy = run.document.spec.onInconclusive;
  if (policy === 'promote') return promote(run, state, `promoted, as the document says of INCONCLUSIVE: ${why}`, null);
  // After the deadline nobody is waited for.
  if (policy === 'rollback' || deadlineOver(run, state)) return rollBack(run, state, 'verdict', `rolled back: ${why}`);
  const reason = `waiting for a person to promote or abort: ${why}`;
  const { judgement, totals } = state;
  return decide({ ...state, phase: 'held', lacking: 'nothing', reason }, 'held', reason, { judgement, totals });
}

/**
 * -> promoting. The stable version is moved while the step's overlay still stands: a proxy that has the new configuration
 * sends everything to the candidate (the overlay finds no request for the baseline any more), one that has not yet goes
 * on with the step's share. A crash before the move leaves the step, and after its lease the baseline; one after it
 * leaves the candidate serving, as decided. Either way the next process moves (again) and goes on.
 */
function promote(run: Run, state: State, reason: string, by: string | null): Transition {
  const { spec } = run.document;
  const move: Effect = { type: 'move-stable', from: spec.baseline, to: spec.candidate };
  const next: State = {
    ...state,
    phase: 'promoting',
    elapsedMs: 0,
    lacking: 'nothing',
    reason,
    stableAsked: true,
    outbox: [],
  };
  const { verdict, judgement, totals } = state;
  return decide(ask(next, [move]), 'promote', reason, { verdict, judgement, totals, by });
}

/** measuring, stepping or held -> promoting, because a person says so: PASS only if the evidence says so too. */
function promoteByHand(run: Run, state: State, by: string, reason: string): Transition {
  if (!isShifting(state)) return stay(state);
  const verdict = state.judgement.verdict === 'PASS' ? 'PASS' : 'INCONCLUSIVE';
  return promote(run, { ...state, verdict }, `promoted by ${by}: ${reason}`, by);
}

/**
 * promoting -> watching, when the move is done and has had time to reach every proxy: one that met the watch's overlay
 * before the new configuration would send everything to the old version for that moment.
 */
function leavePromoting(run: Run, state: State): Transition | undefined {
  const { spec } = run.document;
  if (awaits(state, 'move-stable') || state.elapsedMs < SPREAD_MS) return undefined;
  if (spec.watch.for === 0) return endWatch(run, state, 'not watched');
  const epoch = state.epoch + 1;
  const next: State = { ...state, phase: 'watching', epoch, elapsedMs: 0, epochMs: 0, silentMs: 0 };
  const message = `${spec.candidate} is stable; it is watched for ${formatDuration(spec.watch.for)}`;
  return decide(ask(next, [{ type: 'set-overlay', overlay: watchingOverlay(run, epoch) }]), 'watching', message);
}

/** watching -> rolling-back when the guardrail is crossed; -> promoted when it was not, or nothing more can be seen. */
function leaveWatch(run: Run, state: State): Transition | undefined {
  const { spec } = run.document;
  const { requests, errors } = state.watched;
  if (requests >= WATCH_REQUESTS && errors * PPM > requests * spec.watch.maxErrors) {
    const message = `moved back: ${watched(state)} after the promotion, more than ${weight(spec.watch.maxErrors)} %`;
    return rollBack(run, { ...state, verdict: 'FAIL' }, 'moved-back', message, { watched: state.watched });
  }
  if (state.elapsedMs >= spec.watch.for) return endWatch(run, state, `in the watch, ${watched(state)}`);
  // The verdict was reached with evidence: missing data does not take it back.
  if (withoutData(run, state)) return endWatch(run, state, `the watch ended without data: ${watched(state)}`);
  if (deadlineOver(run, state) && awaits(state, 'set-overlay')) return endWatch(run, state, 'it could not be watched');
  return undefined;
}

/** promoting or watching -> promoted, when the overlay is dropped. It moves no request, so that its end moves none. */
function endWatch(run: Run, state: State, how: string): Transition {
  const reason = `${state.reason}; ${how}`;
  const next = ask({ ...state, ending: 'promoted', reason }, [{ type: 'drop-overlay' }]);
  return decide(next, 'watch-over', `${run.document.spec.candidate} stays: ${how}`, { watched: state.watched });
}

/** A person, or the halt: everything back to the baseline now. During promotion that means the stable version too. */
function abort(run: Run, state: State, by: string, reason: string): Transition {
  if (state.phase === 'rolling-back') return stay(state);
  return rollBack(run, { ...state, haltedBy: by }, 'aborted', `aborted by ${by}: ${reason}`, { by });
}

/**
 * any -> rolling-back: the overlay is dropped, and a stable version that was (or may have been) moved is moved back,
 * first: after a promotion that is what users feel. A crash before either leaves proxies that fall back when the lease
 * is over; the next process does both again.
 */
function rollBack(
  run: Run,
  before: State,
  type: Decision['type'],
  reason: string,
  evidence: Record<string, unknown> = {},
): Transition {
  const { spec } = run.document;
  const verdict = before.verdict === 'FAIL' ? 'FAIL' : 'INCONCLUSIVE';
  const moveBack: Effect = { type: 'move-stable', from: spec.candidate, to: spec.baseline };
  const effects: Effect[] = before.stableAsked ? [moveBack, { type: 'drop-overlay' }] : [{ type: 'drop-overlay' }];
  const next = ask(
    {
      ...cancelMoves(before),
      phase: 'rolling-back',
      ending: 'rolled-back',
      verdict,
      lacking: 'nothing',
      reason,
    },
    effects,
  );
  const { judgement, totals } = before;
  return decide(next, type, reason, { verdict, ...evidence, judgement, totals });
}

/** -> promoted, or rolling-back -> rolled-back: all that was decided is carried out. */
function end({ document: { spec } }: Run, state: State, ending: 'promoted' | 'rolled-back'): Transition {
  const message =
    ending === 'promoted'
      ? `${spec.candidate} is promoted`
      : `every request is back on ${spec.baseline}: ${state.reason}`;
  const { verdict, totals } = state;
  return decide({ ...state, phase: ending }, ending, message, { verdict, totals });
}

/** The phase goes on in a new process (or one that had stopped): a new epoch, as proxies may have let the old overlay go. */
function takeUpAgain(run: Run, before: State, awayMs: number): Transition {
  const { spec } = run.document;
  const state: State = { ...before, ageMs: before.ageMs + awayMs, silentMs: 0 };
  if (state.phase === 'declared') return startMeasuring(run, state);
  const message = `taken up again after ${formatDuration(awayMs)}, in phase ${state.phase}`;
  if (isShifting(state)) {
    const ppm = state.phase === 'measuring' ? 0 : (spec.steps[state.stepIndex]?.weight ?? 0);
    return decide(shift(run, state, ppm), 'resumed', message, { awayMs });
  }
  if (state.phase !== 'watching' || state.ending !== null) return decide(state, 'resumed', message, { awayMs });
  const next: State = { ...state, epoch: state.epoch + 1, epochMs: 0 };
  const overlay = watchingOverlay(run, next.epoch);
  return decide(ask(next, [{ type: 'set-overlay', overlay }]), 'resumed', message, { awayMs });
}

/** Asks for an overlay with this share, in an epoch of its own. */
function shift(run: Run, state: State, candidatePpm: number): State {
  const epoch = state.epoch + 1;
  const warmEpoch = run.document.spec.analysis.warmup === 0 ? epoch : state.warmEpoch;
  const next: State = { ...state, epoch, epochMs: 0, silentMs: 0, warmEpoch };
  return ask(next, [{ type: 'set-overlay', overlay: shiftingOverlay(run, epoch, candidatePpm) }]);
}

/** Says once that something is missing that does not come by itself. */
function notice(run: Run, state: State, wantsTraffic: boolean): Transition | undefined {
  const blind = state.silentMs > run.document.spec.lease;
  const now: State['lacking'] = blind ? 'data' : wantsTraffic ? 'traffic' : 'nothing';
  if (now === state.lacking) return undefined;
  const next: State = { ...state, lacking: now };
  const message = lacking(run, next);
  return message === undefined ? stay(next) : decide(next, now === 'data' ? 'no-data' : 'no-traffic', message);
}

function withoutData(run: Run, state: State): boolean {
  return state.silentMs > LEASES_WITHOUT_DATA * run.document.spec.lease;
}

/** While its overlay stands and nothing is decided. */
function isShifting({ phase }: State): boolean {
  return phase === 'measuring' || phase === 'stepping' || phase === 'held';
}

function deadlineSentence(run: Run): string {
  return `the deadline of ${formatDuration(run.document.spec.deadline)} came`;
}

function stay(state: State): Transition {
  return { state, decisions: [] };
}

function decide(
  state: State,
  type: Decision['type'],
  message: string,
  evidence: Record<string, unknown> = {},
): Transition {
  return { state, decisions: [{ type, message, evidence }] };
}

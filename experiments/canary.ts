/**
 * The life of a canary, as a pure reducer: declared -> measuring -> stepping -> (promoting -> watching -> promoted) or
 * (rolling-back -> rolled-back); `held` where a person decides. Every transition has one function below.
 */
import { judge, observe, startJudge } from '../analyzer/sequential/judge.ts';
import type { CanaryDocument } from '../contracts/document.ts';
import { PPM, formatDuration, PPM_PER_PERCENT } from '../contracts/units.ts';
import { batchesOf, countTotals, mergeLatency } from './arm-counts.ts';
import type { Decision, Effect, Event, State, Transition } from './state.ts';
import { rowsOf } from './state.ts';

/** What stays the same over the whole run. */
export type Run = { readonly id: string; readonly document: CanaryDocument };

/** A step is not left, and a promotion not watched through, without this many leases of reports at most missing. */
const LEASES_WITHOUT_REPORTS = 3;
/** The watch says nothing before this many requests. */
const WATCH_REQUESTS = 50;

export function isOver(state: State): boolean {
  return state.phase === 'promoted' || state.phase === 'rolled-back';
}

/** @param event - anything but a clock reading: time comes in as elapsed milliseconds */
export function advance(run: Run, state: State, event: Event): Transition {
  if (isOver(state)) return { state, decisions: [] };
  switch (event.type) {
    case 'started':
      return startMeasuring(run, state);
    case 'resumed':
      return takeUpAgain(run, state);
    case 'observed':
      return count(run, { ...state, silentMs: 0 }, event.rows);
    case 'tick':
      return letTimePass(run, state, event.passedMs, event.deadlineOver);
    case 'abort':
      return abort(run, state, event.by, event.reason);
    case 'promote':
      return promoteByHand(run, state, event.by, event.reason);
    case 'effects-done':
      return effectsDone(state);
    case 'effect-refused':
      return rollBack(run, state, 'refused', `rolled back: ${event.message}`, { code: event.code });
  }
}

/** declared -> measuring: an overlay that sends nothing to the candidate, so that the baseline is counted. */
function startMeasuring(run: Run, state: State): Transition {
  const { spec } = run.document;
  const next: State = { ...state, phase: 'measuring', reason: `measuring the baseline ${spec.baseline}` };
  return decide(next, 'measuring', `measuring the baseline ${spec.baseline} for ${formatDuration(spec.measure)}`, {}, [
    overlayEffect(run, next, 0),
  ]);
}

/** measuring -> stepping, or one step -> the next. */
function startStep(run: Run, state: State, stepIndex: number): Transition {
  const { spec } = run.document;
  const weight = spec.steps[stepIndex]?.weight ?? 0;
  const judgeState = state.judge ?? startJudge(spec.analysis, { latency: state.calibration });
  const next: State = {
    ...state,
    phase: 'stepping',
    stepIndex,
    epoch: state.epoch + 1,
    elapsedMs: 0,
    stepCandidateRequests: 0,
    calibration: [],
    judge: judgeState,
    reason: `step ${stepIndex + 1} of ${spec.steps.length}: ${weight / PPM_PER_PERCENT} % to ${spec.candidate}`,
  };
  return decide(next, 'step', next.reason, { judgement: state.judgement }, [overlayEffect(run, next, weight)]);
}

/** New counts: the judge looks at each batch, and a regress ends the run at once, at any step. */
function count(run: Run, state: State, rows: Parameters<typeof rowsOf>[0]): Transition {
  switch (state.phase) {
    case 'measuring':
      return stay(measure(state, rows));
    case 'stepping':
    case 'held':
      return judgeRows(run, state, rows);
    case 'watching':
      return watch(run, state, rows);
    default:
      return stay(state);
  }
}

function measure(state: State, rows: Parameters<typeof rowsOf>[0]): State {
  const baseline = rowsOf(rows, 'baseline');
  return {
    ...state,
    calibration: mergeLatency(state.calibration, baseline),
    measured: state.measured + baseline.reduce((sum, r) => sum + r.requests, 0),
    totals: countTotals(state.totals, rows),
  };
}

function judgeRows(run: Run, state: State, rows: Parameters<typeof rowsOf>[0]): Transition {
  if (rows.length === 0 || !state.judge) return stay(state);
  const warm = state.elapsedMs >= run.document.spec.analysis.warmup;
  let judgeState = state.judge;
  for (const batch of batchesOf(rows, warm)) judgeState = observe(judgeState, batch);
  const next: State = {
    ...state,
    judge: judgeState,
    judgement: judge(judgeState),
    totals: countTotals(state.totals, rows),
    stepCandidateRequests:
      state.stepCandidateRequests + rowsOf(rows, 'candidate').reduce((sum, r) => sum + r.requests, 0),
  };
  if (next.judgement.verdict !== 'FAIL') return stay(next);
  return rollBack(run, { ...next, verdict: 'FAIL' }, 'fail', `rolled back: ${next.judgement.reason}`, {});
}

function letTimePass(run: Run, before: State, passedMs: number, deadlineOver: boolean): Transition {
  const { spec } = run.document;
  const silentMs = before.silentMs + passedMs;
  // Without reports no time passes for a step: "no data" must neither advance nor end it by itself.
  const silent = silentMs > spec.lease;
  const state: State = { ...before, silentMs, elapsedMs: before.elapsedMs + (silent ? 0 : passedMs) };
  switch (state.phase) {
    case 'measuring':
      if (deadlineOver) return inconclusive(run, state, 'the deadline came while the baseline had no traffic');
      if (state.elapsedMs < spec.measure || state.measured === 0) return stay(waitingForTraffic(state, spec.measure));
      return startStep(run, state, 0);
    case 'stepping':
      return passStep(run, state, deadlineOver);
    case 'held':
      return deadlineOver
        ? rollBack(
            run,
            { ...state, verdict: 'INCONCLUSIVE' },
            'inconclusive',
            'rolled back: nobody decided before the deadline',
            {},
          )
        : stay(state);
    case 'watching':
      return state.elapsedMs >= spec.watch.for ? endWatch(run, state) : stay(state);
    default:
      return stay(state);
  }
}

function waitingForTraffic(state: State, measureMs: number): State {
  const idle = state.measured === 0 && state.elapsedMs >= measureMs;
  return idle ? { ...state, reason: 'no traffic: the baseline has had no request yet; waiting for some' } : state;
}

/** stepping -> next step, promoting, or INCONCLUSIVE. */
function passStep(run: Run, state: State, deadlineOver: boolean): Transition {
  const { spec } = run.document;
  const step = spec.steps[state.stepIndex];
  const last = state.stepIndex === spec.steps.length - 1;
  if (deadlineOver)
    return inconclusive(run, state, `the deadline of ${formatDuration(spec.deadline)} is over: ${why(state)}`);
  if (state.silentMs > LEASES_WITHOUT_REPORTS * spec.lease)
    return inconclusive(run, state, `no data: no proxy has reported for ${formatDuration(state.silentMs)}`);
  if (state.elapsedMs < (step?.hold ?? spec.hold.min)) return stay(state);
  if (!last) {
    if (state.stepCandidateRequests > 0) return startStep(run, state, state.stepIndex + 1);
    return stay({
      ...state,
      reason: `step ${state.stepIndex + 1}: no traffic has reached ${spec.candidate} yet; waiting for some`,
    });
  }
  if (state.judgement.verdict === 'PASS') return promote(run, state, state.judgement.reason, null);
  if (state.elapsedMs < spec.hold.max) return stay(state);
  return inconclusive(run, state, `no verdict after ${formatDuration(spec.hold.max)} at the last step: ${why(state)}`);
}

function why(state: State): string {
  return state.totals.candidateRequests === 0 ? 'no traffic reached the candidate' : state.judgement.reason;
}

/** INCONCLUSIVE is a verdict of its own; the document says what follows from it. */
function inconclusive(run: Run, before: State, reason: string): Transition {
  const state: State = { ...before, verdict: 'INCONCLUSIVE' };
  switch (run.document.spec.onInconclusive) {
    case 'promote':
      return promote(run, state, `inconclusive (${reason}), and the document says promote`, null);
    case 'hold':
      if (state.phase !== 'stepping' || state.silentMs > run.document.spec.lease)
        return rollBack(run, state, 'inconclusive', `rolled back: ${reason}`, {});
      return decide(
        { ...state, phase: 'held', reason: `waiting for a person: ${reason}` },
        'held',
        `held: ${reason}`,
        { judgement: state.judgement },
        [],
      );
    case 'rollback':
      return rollBack(run, state, 'inconclusive', `rolled back: ${reason}`, {});
  }
}

/**
 * -> promoting. The stable version is moved first: from then on the configuration itself sends everything to the
 * candidate, and the old overlay takes nothing any more. Only then is the overlay replaced by the one of the watch.
 * A crash between the two leaves the candidate serving, as decided.
 */
function promote(run: Run, state: State, reason: string, by: string | null): Transition {
  const { spec } = run.document;
  const next: State = {
    ...state,
    phase: 'promoting',
    epoch: state.epoch + 1,
    reason: `promoting: ${reason}`,
    haltedBy: null,
  };
  const watchOverlay: Effect = {
    type: 'set-overlay',
    overlay: { ...overlayOf(run, next, 0), baseline: spec.candidate, candidate: spec.baseline, shield: false },
  };
  const effects: Effect[] = [{ type: 'move-stable', from: spec.baseline, to: spec.candidate }, watchOverlay];
  const message =
    by === null ? `promoting ${spec.candidate}: ${reason}` : `${by} promotes ${spec.candidate}: ${reason}`;
  return decide(next, 'promote', message, { judgement: state.judgement, by }, effects);
}

function promoteByHand(run: Run, state: State, by: string, reason: string): Transition {
  if (state.phase !== 'stepping' && state.phase !== 'held' && state.phase !== 'measuring') return stay(state);
  return promote(run, state, reason, by);
}

/** watching -> moved back when the guardrail is crossed. The arm `baseline` is the new stable version here. */
function watch(run: Run, before: State, rows: Parameters<typeof rowsOf>[0]): Transition {
  const { spec } = run.document;
  const own = rowsOf(rows, 'baseline').filter((r) => r.epoch === before.epoch);
  const watched = own.reduce(
    (sum, r) => ({ requests: sum.requests + r.requests, errors: sum.errors + r.errors }),
    before.watched,
  );
  const state: State = { ...before, watched };
  if (watched.requests < WATCH_REQUESTS || watched.errors * PPM <= watched.requests * spec.watch.maxErrors)
    return stay(state);
  const message = `moved back: ${watched.errors} of ${watched.requests} requests failed after the promotion, more than ${spec.watch.maxErrors / PPM_PER_PERCENT} %`;
  const next: State = { ...state, phase: 'rolling-back', verdict: 'FAIL', reason: message };
  return decide(next, 'moved-back', message, { watched }, [
    { type: 'move-stable', from: spec.candidate, to: spec.baseline },
    { type: 'drop-overlay' },
  ]);
}

/** watching -> promoted. */
function endWatch(run: Run, state: State): Transition {
  const { spec } = run.document;
  const verdict = state.verdict === 'PENDING' && state.judgement.verdict === 'PASS' ? 'PASS' : state.verdict;
  const next: State = {
    ...state,
    phase: 'promoted',
    verdict,
    reason: `promoted ${spec.candidate}: ${state.judgement.reason}`,
  };
  return decide(
    next,
    'promoted',
    `${spec.candidate} is promoted; ${state.watched.errors} of ${state.watched.requests} requests failed while it was watched`,
    { watched: state.watched },
    [{ type: 'drop-overlay' }],
  );
}

/** A person, or the halt: everything back to the baseline now. During promotion that means the stable version too. */
function abort(run: Run, state: State, by: string, reason: string): Transition {
  const verdict = state.verdict === 'PENDING' ? 'INCONCLUSIVE' : state.verdict;
  return rollBack(run, { ...state, verdict, haltedBy: by }, 'aborted', `aborted by ${by}: ${reason}`, { by });
}

/** any -> rolling-back: the overlay is dropped; a stable version that was moved is moved back. */
function rollBack(
  run: Run,
  state: State,
  type: Decision['type'],
  message: string,
  evidence: Record<string, unknown>,
): Transition {
  const { spec } = run.document;
  const moved = state.phase === 'promoting' || state.phase === 'watching';
  const effects: Effect[] = [{ type: 'drop-overlay' }];
  if (moved && type !== 'refused') effects.unshift({ type: 'move-stable', from: spec.candidate, to: spec.baseline });
  const verdict = state.verdict === 'PENDING' ? 'INCONCLUSIVE' : state.verdict;
  const next: State = { ...state, phase: 'rolling-back', verdict, reason: message };
  return decide(next, type, message, { ...evidence, judgement: state.judgement, totals: state.totals }, effects);
}

/** The effects of the last decision are carried out: promoting -> watching, rolling-back -> rolled-back. */
function effectsDone(state: State): Transition {
  if (state.phase === 'promoting') {
    return decide(
      { ...state, phase: 'watching', elapsedMs: 0, watched: { requests: 0, errors: 0 } },
      'watching',
      'promoted; watching the new stable version',
      {},
      [],
    );
  }
  if (state.phase === 'rolling-back')
    return decide({ ...state, phase: 'rolled-back' }, 'rolled-back', 'every request is back on the baseline', {}, []);
  return stay(state);
}

/** A new process goes on where the old one was: with a new epoch, because proxies may have let the old overlay run out. */
function takeUpAgain(run: Run, state: State): Transition {
  const { spec } = run.document;
  if (state.phase === 'declared') return startMeasuring(run, state);
  if (state.phase !== 'measuring' && state.phase !== 'stepping' && state.phase !== 'held' && state.phase !== 'watching')
    return stay(state);
  const next: State = { ...state, epoch: state.epoch + 1, silentMs: 0 };
  const weight = state.phase === 'stepping' || state.phase === 'held' ? (spec.steps[state.stepIndex]?.weight ?? 0) : 0;
  const overlay = overlayOf(run, next, weight);
  const watching = { ...overlay, baseline: spec.candidate, candidate: spec.baseline, shield: false };
  return decide(next, 'resumed', `taken up again from the journal, in phase ${state.phase}`, {}, [
    { type: 'set-overlay', overlay: state.phase === 'watching' ? watching : overlay },
  ]);
}

function overlayOf(run: Run, state: State, candidatePpm: number): Extract<Effect, { type: 'set-overlay' }>['overlay'] {
  const { metadata, spec } = run.document;
  return {
    experimentId: run.id,
    experiment: metadata.name,
    epoch: state.epoch,
    service: spec.service,
    ...(spec.match ? { match: spec.match } : {}),
    ...(spec.sticky ? { sticky: spec.sticky } : {}),
    baseline: spec.baseline,
    candidate: spec.candidate,
    candidatePpm,
    shield: spec.shield,
    seed: seedOf(run.id),
    leaseMs: spec.lease,
  };
}

function overlayEffect(run: Run, state: State, candidatePpm: number): Effect {
  return { type: 'set-overlay', overlay: overlayOf(run, state, candidatePpm) };
}

/** The run's own seed for sticky assignment, from its id, so that a resumed run assigns as before. */
function seedOf(id: string): number {
  let hash = 0;
  for (const c of id) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) >>> 0;
  return hash;
}

function stay(state: State): Transition {
  return { state, decisions: [] };
}

function decide(
  state: State,
  type: Decision['type'],
  message: string,
  evidence: Record<string, unknown>,
  effects: readonly Effect[],
): Transition {
  return { state, decisions: [{ type, message, evidence, effects }] };
}

/**
 * The life of a Chaos experiment: declared -> measuring (before) -> injecting (during) -> recovering (after) -> rolled
 * back, always. It breaks nothing that is not in its steady state, ends at once when a guardrail is crossed, and says
 * PASS only when every fault met requests, the steady state held during and after, and the proxies confirmed the end.
 */
import { plural } from '../analyzer/sequential/wording.ts';
import { lastMs } from '../contracts/chaos.ts';
import type { ChaosDocument } from '../contracts/document.ts';
import type { Overlay } from '../contracts/overlay.ts';
import { formatDuration } from '../contracts/units.ts';
import { addCounts, addRecent, lately, NO_COUNTS, NOTHING_RECENT } from './counts.ts';
import { endWithoutData } from './endings.ts';
import { faultViews, largestShare, overlayFaults, processFaults, stageAt, stagesOf } from './fault-stages.ts';
import type { Stage } from './fault-stages.ts';
import { crossed } from './limits.ts';
import { ask, awaits } from './outbox.ts';
import { shiftingOverlay } from './overlay-of.ts';
import { complete, rollBack } from './rollback.ts';
import { weight } from './sentences.ts';
import type { State, Transition, Users } from './state.ts';
import { hypothesis, PARTS, resilienceScore } from './steady-state.ts';
import type { Part } from './steady-state.ts';
import type { Run, Story } from './story.ts';
import { deadlineOver, deadlineSentence, decide, layOverlay, notice, withoutData } from './transitions.ts';

/** After the faults are gone, requests that met them still come in for a moment. */
const SETTLE_MS = 1_500;

type ChaosRun = Run<ChaosDocument>;

export function chaos(run: ChaosRun): Story {
  const { spec } = run.document;
  const stages = stagesOf(spec.faults);
  const story: Story = {
    run,
    releases: false,
    terms: {
      service: spec.service,
      baseline: '',
      candidate: '',
      // A fault with a lease of its own must not outlive it.
      lease: Math.min(spec.lease, ...spec.faults.flatMap(({ fault }) => fault?.lease ?? [])),
      deadline: spec.deadline,
      measure: spec.before,
      watch: { for: 0, maxErrors: 0 },
      webhooks: spec.webhooks,
      incoming: spec.incoming,
      onInconclusive: 'rollback',
      analysis: { alpha: 0, metrics: [], warmup: 0, checks: [] },
    },
    phases: ['measuring', 'injecting', 'recovering'],
    comparing: [],
    stepsPpm: stages.map(largestShare),
    overlay: (state, epoch) => overlayOf(story, run, stages, state, epoch),
    begin: (state) => measureBefore(story, run, state),
    goOn: (state) => {
      if (state.phase !== 'recovering' && withoutData(story, state)) return endWithoutData(story, state);
      if (state.phase === 'measuring') return leaveBefore(story, run, state);
      return state.phase === 'injecting' ? leaveFaults(story, run, stages, state) : leaveRecovery(story, run, state);
    },
    takeUsers: (state, users) => takeUsers(run, state, users),
    score: (state) =>
      state.verdict === 'PASS' || state.verdict === 'FAIL'
        ? resilienceScore(spec.steadyState.metrics, state.users)
        : null,
    faults: ({ phase, stepIndex, hits }) => faultViews(spec.faults, stages, phase === 'injecting', stepIndex, hits),
    now: ({ judgement, phase, reason }) => (phase === 'injecting' ? `${reason}; ${judgement.reason}` : reason),
  };
  return story;
}

/** Counts the stable version's requests, and carries the faults of the present stage. */
function overlayOf(
  story: Story,
  { document, source }: ChaosRun,
  stages: readonly Stage[],
  state: State,
  epoch: number,
): Overlay {
  const overlay = { ...shiftingOverlay(story, epoch, 0), baseline: state.stable, candidate: state.stable };
  if (state.phase !== 'injecting') return overlay;
  const stage = stages[state.stepIndex];
  const { faults, maxShare, maxConcurrent, maxPerSecond } = document.spec;
  const limits = { ...(maxConcurrent && { maxConcurrent }), ...(maxPerSecond && { maxPerSecond }) };
  return {
    ...overlay,
    faults: overlayFaults(source, stage, maxShare),
    ...(Object.keys(limits).length > 0 ? { faultLimits: limits } : {}),
    processFaults: processFaults(faults, stage),
  };
}

/** declared -> measuring: an overlay without faults, and the steady state is measured. */
function measureBefore(story: Story, { document: { spec } }: ChaosRun, state: State): Transition {
  const reason = `measuring the steady state of ${spec.service} for ${formatDuration(spec.before)}`;
  return decide(layOverlay(story, { ...state, phase: 'measuring', reason }), 'measuring', reason);
}

/** measuring -> injecting, when the steady state holds; -> INCONCLUSIVE, with nothing broken, when it does not. */
function leaveBefore(story: Story, run: ChaosRun, state: State): Transition | undefined {
  const { before, steadyState } = run.document.spec;
  if (deadlineOver(story, state)) return open(story, state, `${deadlineSentence(story)} before the first fault`);
  if (state.elapsedMs < before || awaits(state, 'set-overlay')) return notice(story, state, false);
  if (state.users.before.requests < steadyState.requests) return notice(story, state, true);
  const judgement = hypothesis(run.document.spec, state.users, 'during');
  if (judgement.verdict === 'FAIL')
    return open(
      story,
      { ...state, judgement },
      `nothing was broken: no steady state to begin with (${judgement.reason})`,
    );
  return startStage(story, run, { ...state, phase: 'injecting', elapsedMs: 0, judgement }, 0);
}

/** measuring -> the first stage, or one stage -> the next: an overlay with its faults at their shares. */
function startStage(story: Story, run: ChaosRun, state: State, stepIndex: number): Transition {
  const { faults } = run.document.spec;
  const stage = stagesOf(faults)[stepIndex];
  const names = (stage?.shares ?? []).map(({ index, ppm }) =>
    ppm === null ? faults[index]?.name : `${faults[index]?.name} at ${weight(ppm)} %`,
  );
  const reason = names.length === 0 ? 'a pause between faults' : names.join(', ');
  return decide(layOverlay(story, { ...state, stepIndex, lacking: 'nothing', reason }), 'step', reason);
}

/** injecting -> recovering: at once when a guardrail is crossed, else when the last fault is over. */
function leaveFaults(story: Story, run: ChaosRun, stages: readonly Stage[], state: State): Transition | undefined {
  const { spec } = run.document;
  const limits = spec.guardrails ?? [];
  const limit = crossed(limits, state.guarded) ?? crossed(limits, lately(state.recent));
  if (limit !== undefined) return recover(story, run, { ...state, verdict: 'FAIL' }, `guardrail crossed: ${limit}`);
  if (deadlineOver(story, state))
    return open(story, state, `${deadlineSentence(story)} while the faults were in force`);
  if (state.elapsedMs >= lastMs(spec.faults)) return recover(story, run, state, 'every fault had its time');
  const now = stageAt(stages, state.elapsedMs);
  return now > state.stepIndex ? startStage(story, run, state, now) : notice(story, state, false);
}

/** injecting -> recovering: the faults are dropped, and every proxy has to confirm it. */
function recover(story: Story, { document: { spec } }: ChaosRun, state: State, why: string): Transition {
  const reason = `${why}; measuring whether ${spec.service} recovers`;
  const laid = layOverlay(story, { ...state, phase: 'recovering', elapsedMs: 0, lacking: 'nothing', reason });
  return decide(ask(laid, [{ type: 'confirm' }]), 'faults-over', reason, { ...met(state), verdict: state.verdict });
}

/** recovering -> rolling-back, with the verdict. */
function leaveRecovery(story: Story, run: ChaosRun, before: State): Transition | undefined {
  const { spec } = run.document;
  const { requests } = spec.steadyState;
  if (deadlineOver(story, before)) return open(story, before, `${deadlineSentence(story)} during recovery`);
  if (awaits(before, 'set-overlay') || awaits(before, 'confirm')) return undefined;
  if (before.elapsedMs < SETTLE_MS + spec.recovery) return notice(story, before, false);
  if (before.users.after.requests < requests) return notice(story, before, true);
  const state: State = { ...before, judgement: hypothesis(spec, before.users, 'over') };
  const evidence = met(state);
  if (before.verdict === 'FAIL')
    return rollBack(story, state, 'verdict', `${before.reason.split(';')[0]}; ${state.judgement.reason}`, evidence);
  const missed = spec.faults.filter(({ name }) => (state.hits[name] ?? 0) === 0).map(({ name }) => name);
  if (missed.length > 0) return open(story, state, `${missed.join(', ')} touched nothing: nothing was shown`);
  if (state.users.during.requests < requests)
    return open(story, state, `only ${plural(state.users.during.requests, 'request')} came during the faults`);
  if (state.judgement.verdict === 'FAIL')
    return rollBack(story, { ...state, verdict: 'FAIL' }, 'verdict', state.judgement.reason, evidence);
  return complete(story, state, `the steady state held: ${state.judgement.reason}`, evidence);
}

/** -> rolling-back, INCONCLUSIVE. A guardrail that was crossed stays crossed (verdict FAIL). */
function open(story: Story, state: State, why: string): Transition {
  return rollBack(story, state, 'verdict', why, met(state));
}

function takeUsers({ document: { spec } }: ChaosRun, before: State, { counts, hits }: Users): State {
  const part = partOf(before);
  if (part === undefined) return before;
  const sums = { ...before.hits };
  for (const { fault, hits: met } of hits) sums[fault] = (sums[fault] ?? 0) + met;
  // After a restart, what comes first was met while the faults stood or not: nobody saw the lease run out.
  const settling = !before.heard || (part === 'after' && before.elapsedMs < SETTLE_MS);
  const users = settling ? before.users : { ...before.users, [part]: addCounts(before.users[part], counts) };
  const state: State = { ...before, users, hits: sums, judgement: hypothesis(spec, users, part) };
  if (part !== 'during') return { ...state, guarded: NO_COUNTS, recent: NOTHING_RECENT };
  return { ...state, guarded: addCounts(state.guarded, counts), recent: addRecent(state.recent, counts) };
}

function partOf({ phase }: State): Part | undefined {
  if (phase === 'measuring') return 'before';
  if (phase === 'injecting') return 'during';
  return phase === 'recovering' ? 'after' : undefined;
}

/** For the journal: whole histograms stand in the state beside it. */
function met({ users, hits }: State): Record<string, unknown> {
  const counts = PARTS.map((part) => [part, { requests: users[part].requests, errors: users[part].errors }]);
  return { users: Object.fromEntries(counts), hits };
}

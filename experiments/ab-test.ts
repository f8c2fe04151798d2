/**
 * The life of an A/B test: declared -> testing -> PASS (an arm is surely better), FAIL (all are surely worse, or a guardrail
 * is crossed) or INCONCLUSIVE; `held` where a person decides. Then everything goes back to the first arm, unless the
 * document asks that a winner be promoted, or a person does it.
 */
import type { ABTestSpec } from '../contracts/ab-test.ts';
import type { ABTestDocument } from '../contracts/document.ts';
import type { Overlay } from '../contracts/overlay.ts';
import { formatDuration } from '../contracts/units.ts';
import { endWithoutData, fail, inconclusive, leaveHeld } from './endings.ts';
import { shiftingOverlay } from './overlay-of.ts';
import { forward, needsOf, waitsNoMore } from './forward.ts';
import { promote } from './promotion.ts';
import { complete } from './rollback.ts';
import type { State, Transition } from './state.ts';
import type { Run, Story, Terms } from './story.ts';
import { judgeTest, noArms } from './test-arms.ts';
import { brokenArm, placeOf, seedOf, takeArms, takeGoal } from './test-evidence.ts';
import { deadlineOver, deadlineSentence, decide, layOverlay, notice, withoutData } from './transitions.ts';

const QUIET_MS = 5_000;

type TestRun = Run<ABTestDocument>;
type Spec = ABTestSpec;

export function abTest(run: TestRun): Story {
  const { spec } = run.document;
  const story: Story = {
    run,
    releases: true,
    terms: termsOf(spec),
    phases: ['measuring', 'testing', 'held'],
    comparing: ['testing', 'held'],
    stepsPpm: [otherShares(spec)],
    overlay: (_state, epoch) => overlayOf(story, run, epoch),
    takeIn: (state, rows) => takeArms(spec, state, rows),
    place: (state, report) => placeOf(run, state, report),
    takeGoal: (state, report) => takeGoal(run, state, report),
    goOn: (state) => {
      if (state.phase === 'measuring') return startTest(story, run, state);
      const broken = brokenArm(spec, state);
      if (broken !== undefined) return fail(story, state, broken);
      if (withoutData(story, state)) return endWithoutData(story, state);
      const isMismatch = state.judgement.verdict === 'INCONCLUSIVE';
      if (isMismatch && state.phase === 'testing') return inconclusive(story, state, state.judgement.reason);
      return state.phase === 'held' ? leaveHeld(story, state) : leaveTest(story, run, state);
    },
    now: (state) => (state.phase === 'testing' && hasRequests(state) ? state.judgement.reason : undefined),
  };
  return story;
}

/** An A/B test in the words of the Canary. */
function termsOf(spec: Spec): Terms {
  const { give: _, ...sticky } = spec.key;
  const [first, second] = spec.arms;
  return {
    service: spec.service,
    baseline: first?.version ?? '',
    candidate: second?.version ?? '',
    match: spec.match,
    sticky,
    lease: spec.lease,
    deadline: spec.deadline,
    measure: 0,
    watch: spec.watch,
    windows: spec.windows,
    freezes: spec.freezes,
    webhooks: spec.webhooks,
    incoming: spec.incoming,
    onInconclusive: spec.onInconclusive,
    analysis: { alpha: spec.analysis.alpha, metrics: [], warmup: 0, checks: [] },
  };
}

/** Of all requests with a key, those that go to another arm than the first. */
function otherShares({ arms, share }: Spec): number {
  const all = arms.reduce((sum, arm) => sum + arm.weight, 0);
  return Math.round(share * (1 - (arms[0]?.weight ?? 0) / all));
}

function overlayOf(story: Story, { document: { metadata, spec } }: TestRun, epoch: number): Overlay {
  return {
    ...shiftingOverlay(story, epoch, 0),
    seed: seedOf(metadata.name),
    split: {
      arms: spec.arms.map(({ version, weight }) => ({ version, weight })),
      sharePpm: spec.share,
      ...(spec.key.give === undefined ? {} : { giveCookieS: Math.round(spec.key.give / 1_000) }),
      goals: { header: spec.goalHeader, names: spec.goals.map((goal) => goal.name) },
    },
  };
}

/** measuring -> testing at once: every arm is measured from the first request on. */
function startTest(story: Story, { document: { spec } }: TestRun, state: State): Transition {
  const versions = spec.arms.map((arm) => arm.version).join(', ');
  const reason = `users are divided among ${versions}, and compared by ${spec.goals[0]?.name}`;
  const arms = noArms(spec);
  const next: State = {
    ...state,
    phase: 'testing',
    stepIndex: 0,
    elapsedMs: 0,
    lacking: 'nothing',
    testArms: arms,
    judgement: judgeTest(spec, arms),
    reason,
  };
  return decide(layOverlay(story, next), 'step', reason);
}

/** testing -> promoting or rolling-back with a verdict, or INCONCLUSIVE after its time; no verdict before its time. */
function leaveTest(story: Story, { document: { spec } }: TestRun, state: State): Transition | undefined {
  const { verdict, reason, arms } = state.judgement;
  if (deadlineOver(story, state)) return inconclusive(story, state, `${deadlineSentence(story)}: ${reason}`);
  if (state.elapsedMs < spec.run.min) return notice(story, state, isUnmet(state));
  if (verdict === 'FAIL') return fail(story, state, reason);
  if (verdict === 'PASS' && arms?.winner != null) return leaveWithWinner(story, spec, state, arms.winner);
  if (state.elapsedMs >= spec.run.max)
    return inconclusive(story, state, `no winner after ${formatDuration(spec.run.max)}: ${reason}`);
  return waitsNoMore(state) ?? notice(story, state, isUnmet(state));
}

function leaveWithWinner(story: Story, spec: Spec, state: State, winner: string): Transition | undefined {
  const { reason } = state.judgement;
  if (spec.promote === 'winner')
    return forward(state, needsOf(story.terms), `the promotion of ${winner}`, (now) =>
      promote(story, { ...now, verdict: 'PASS', chosen: winner }, `promoted: ${reason}`, null),
    );
  return complete(story, state, `${winner} won: ${reason}`);
}

/** Nobody has come for so long that it is worth saying. */
function isUnmet(state: State): boolean {
  return state.elapsedMs >= QUIET_MS && !hasRequests(state);
}

function hasRequests({ judgement }: State): boolean {
  return (judgement.arms?.arms ?? []).some((arm) => arm.requests > 0);
}

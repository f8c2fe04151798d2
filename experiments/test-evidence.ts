/** What comes in while an A/B test runs: rows of its arms, goals that others report, guardrails that are crossed. Pure. */
import { best } from '../analyzer/arms/judge.ts';
import type { ABTestSpec } from '../contracts/ab-test.ts';
import type { GoalReport } from '../contracts/api.ts';
import { armOf, armSalt, groupOf, keyHash, slotOf, takesPart } from '../contracts/arm-split.ts';
import type { ABTestDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { hashText } from '../contracts/hash.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { countTotals } from './arm-counts.ts';
import { lately } from './counts.ts';
import { takeIn } from './evidence.ts';
import { crossed } from './limits.ts';
import type { State } from './state.ts';
import type { Run } from './story.ts';
import { addArmRows, addReported, isTaken, judgeTest } from './test-arms.ts';
import type { TestArms } from './test-arms.ts';

type TestRun = Run<ABTestDocument>;

/** Of the name, not of the run: a test that is run again with other weights keeps its users where they are. */
export function seedOf(name: string): number {
  return hashText(name, 0);
}

export function takeArms(spec: ABTestSpec, before: State, rows: readonly ArmRow[]): State {
  if (before.testArms === null || (before.phase !== 'testing' && before.phase !== 'held')) return takeIn(before, rows);
  const state: State = { ...before, silentMs: 0 };
  if (rows.length === 0) return state;
  return { ...judged(spec, state, addArmRows(before.testArms, rows)), totals: countTotals(state.totals, rows) };
}

function judged(spec: ABTestSpec, state: State, testArms: TestArms): State {
  const judgement = judgeTest(spec, testArms);
  return { ...state, testArms, judgement, chosen: leaderOf(judgement) };
}

/** A user of whom no request was seen would blur the test: whatever it did, no arm was the cause. */
export function placeOf(
  { document: { metadata, spec } }: TestRun,
  { testArms }: State,
  { goal, key }: GoalReport,
): { readonly version: string | null; readonly why: string | null } {
  if (!spec.goals.some(({ name }) => name === goal)) {
    const names = spec.goals.map(({ name }) => name).join(', ');
    throw new MeshproofError('REQUEST_INVALID', `${metadata.name} has no goal "${goal}"; it has ${names}`);
  }
  const hash = keyHash(key, seedOf(metadata.name));
  if (!takesPart(hash, spec.share)) return { version: null, why: 'this key takes no part' };
  const salts = spec.arms.map(({ version }) => armSalt(version));
  const weights = spec.arms.map(({ weight }) => weight);
  const version = spec.arms[armOf(hash, salts, weights)]?.version ?? null;
  if (testArms === null || !isTaken(testArms, slotOf(hash)))
    return { version, why: 'no request with this key was seen in the test' };
  return { version, why: null };
}

export function takeGoal(run: TestRun, state: State, report: GoalReport): State {
  const { metadata, spec } = run.document;
  const { version, why } = placeOf(run, state, report);
  const isOpen = state.phase === 'testing' || state.phase === 'held';
  if (!isOpen || state.testArms === null || version === null || why !== null) return state;
  const group = groupOf(keyHash(report.key, seedOf(metadata.name)));
  return judged(spec, state, addReported(state.testArms, version, report.goal, group, report.value));
}

/** What a person who promotes would get: the winner, or the arm that looks best; never the first, which is stable already. */
function leaderOf({ verdict, arms: { winner, arms } }: ReturnType<typeof judgeTest>): string | null {
  return verdict === 'PASS' ? winner : (best(arms.slice(1))?.version ?? null);
}

/** The sentence on the first arm that has crossed a guardrail. */
export function brokenArm({ arms, guardrails }: ABTestSpec, { testArms }: State): string | undefined {
  for (const { version } of arms) {
    const arm = testArms?.arms[version];
    if (!arm) continue;
    const limit = crossed(guardrails, arm.counts) ?? crossed(guardrails, lately(arm.recent));
    if (limit !== undefined) return `${version}: ${limit}`;
  }
  return undefined;
}

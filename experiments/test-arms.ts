/** What an A/B test knows of its arms: requests, users that were counted once, goals by groups of users. Pure. */
import { z } from 'zod';
import { judgeArms } from '../analyzer/arms/judge.ts';
import type { ArmCounts } from '../analyzer/arms/judge.ts';
import { GROUPS, SLOTS } from '../contracts/arm-split.ts';
import type { ABTestSpec } from '../contracts/ab-test.ts';
import type { ArmRow, KeyedCounts } from '../contracts/telemetry.ts';
import { armCounts } from './arm-counts.ts';
import { addCounts, addRecent, ageRecent, Counts, NO_COUNTS, NOTHING_RECENT, Recent } from './counts.ts';

const Sums = z.object({
  count: z.number().min(0),
  sum: z.number(),
  groups: z.array(z.number()).length(GROUPS),
});
type Sums = z.output<typeof Sums>;

const TestArm = z.object({
  /** Slots whose first user is of this arm. */
  slots: z.int().min(0),
  /** For the guardrails, and for people. */
  counts: Counts,
  recent: Recent,
  goals: z.record(z.string(), Sums),
});
type TestArm = z.output<typeof TestArm>;

export const TestArms = z.object({
  /** A bit for each slot that has had its first user, in base64. */
  taken: z.string(),
  /** By version. */
  arms: z.record(z.string(), TestArm),
});
export type TestArms = z.output<typeof TestArms>;

const NO_SUMS: Sums = { count: 0, sum: 0, groups: Array.from({ length: GROUPS }, () => 0) };

export function noArms({ arms, goals }: ABTestSpec): TestArms {
  const sums = Object.fromEntries(goals.map(({ name }) => [name, NO_SUMS]));
  const arm: TestArm = { slots: 0, counts: NO_COUNTS, recent: NOTHING_RECENT, goals: sums };
  return {
    taken: Buffer.alloc(SLOTS / 8).toString('base64'),
    arms: Object.fromEntries(arms.map(({ version }) => [version, arm])),
  };
}

/** Takes rows of arms in; rows without a key, or of a version that is no arm, are passed over. */
export function addArmRows(before: TestArms, rows: readonly ArmRow[]): TestArms {
  const taken = rows.some((row) => row.keyed && row.keyed.slots.length > 0)
    ? Buffer.from(before.taken, 'base64')
    : undefined;
  const arms = { ...before.arms };
  for (const row of rows) {
    const arm = row.keyed && arms[row.keyed.version];
    if (!row.keyed || !arm) continue;
    const counts = armCounts([row]);
    arms[row.keyed.version] = {
      slots: arm.slots + (taken ? takeSlots(taken, row.keyed.slots) : 0),
      counts: addCounts(arm.counts, counts),
      recent: addRecent(arm.recent, counts),
      goals: addGoals(arm.goals, row.keyed.goals),
    };
  }
  return { taken: taken?.toString('base64') ?? before.taken, arms };
}

/** The recent counts of the guardrails grow old. */
export function ageArms({ taken, arms }: TestArms, passedMs: number): TestArms {
  const aged = Object.entries(arms).map(([version, arm]): [string, TestArm] => [
    version,
    { ...arm, recent: ageRecent(arm.recent, passedMs) },
  ]);
  return { taken, arms: Object.fromEntries(aged) };
}

/** Whether a user of this slot has met the test: nobody else's goals count. */
export function isTaken({ taken }: TestArms, slot: number): boolean {
  return ((Buffer.from(taken, 'base64')[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0;
}

export function judgeTest(
  { arms: weighted, goals, analysis }: ABTestSpec,
  { arms }: TestArms,
): ReturnType<typeof judgeArms> {
  const counts = weighted.map(({ version, weight }): ArmCounts => {
    const arm = arms[version];
    return {
      version,
      weight,
      requests: arm?.counts.requests ?? 0,
      errors: arm?.counts.errors ?? 0,
      slots: arm?.slots ?? 0,
      goals: arm?.goals ?? {},
    };
  });
  return judgeArms(counts, { alpha: analysis.alpha, goals });
}

/** Several proxies see the same user; the bits know it. Changes `taken`. @returns how many were new */
function takeSlots(taken: Buffer, slots: readonly number[]): number {
  let fresh = 0;
  for (const slot of slots) {
    const bits = taken[slot >> 3] ?? 0;
    const bit = 1 << (slot & 7);
    if ((bits & bit) !== 0) continue;
    taken[slot >> 3] = bits | bit;
    fresh++;
  }
  return fresh;
}

/** A goal that was reported for a user of this version. */
export function addReported(before: TestArms, version: string, goal: string, group: number, value: number): TestArms {
  const arm = before.arms[version];
  if (!arm) return before;
  const goals = addGoals(arm.goals, { [goal]: [[group, 1, value]] });
  return { ...before, arms: { ...before.arms, [version]: { ...arm, goals } } };
}

function addGoals(before: TestArm['goals'], reported: KeyedCounts['goals']): TestArm['goals'] {
  const goals = { ...before };
  for (const [name, entries] of Object.entries(reported)) {
    const known = goals[name];
    if (!known || entries.length === 0) continue;
    const groups = [...known.groups];
    let { count, sum } = known;
    for (const [group, times, value] of entries) {
      groups[group] = (groups[group] ?? 0) + value;
      count += times;
      sum += value;
    }
    goals[name] = { count, sum, groups };
  }
  return goals;
}

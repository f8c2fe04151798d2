/** The judgement of an A/B test: each arm's goals against the first arm's, and whether the arms may be compared at all. */
import type { ArmsEvidence, GoalEvidence, Judgement, TestArmEvidence } from '../../contracts/verdict.ts';
import { PPM } from '../../contracts/units.ts';
import { count, evidence, percent, plural } from '../sequential/wording.ts';
import { goalEffect } from './goal-effect.ts';
import type { GoalSums } from './goal-effect.ts';
import { keysOf, SAMPLE_RATIO_EVIDENCE, sampleRatioEvidence } from './sample-ratio.ts';

export type ArmCounts = {
  readonly version: string;
  readonly weight: number;
  readonly requests: number;
  readonly errors: number;
  /** Slots whose first user is of this arm. */
  readonly slots: number;
  /** By the name of the goal. */
  readonly goals: Readonly<Record<string, GoalSums>>;
};

export type TestQuestion = {
  readonly alpha: number;
  readonly goals: readonly { readonly name: string; readonly better: 'higher' | 'lower' }[];
};

const NO_GOALS: GoalSums = { count: 0, sum: 0, groups: [] };

/** PASS: an arm is surely better than the first; FAIL: all are surely worse; INCONCLUSIVE: users are not divided as they should be. */
export function judgeArms(arms: readonly ArmCounts[], question: TestQuestion): Judgement & { arms: ArmsEvidence } {
  const taken = arms.map((arm) => arm.slots);
  const weights = arms.map((arm) => arm.weight);
  const alphaEach = question.alpha / (Math.max(1, arms.length - 1) * question.goals.length);
  const users = keysOf(taken.reduce((a, b) => a + b, 0));
  const shown = arms.map((arm) => showArm(arm, arms, question, alphaEach, users));
  const eValue = sampleRatioEvidence(taken, weights);
  const evidenceOf = (winner: string | null): ArmsEvidence => ({
    arms: shown,
    winner,
    sampleRatio: { counted: taken, eValue, threshold: SAMPLE_RATIO_EVIDENCE },
    alphaEach,
  });
  if (eValue >= SAMPLE_RATIO_EVIDENCE)
    return { verdict: 'INCONCLUSIVE', reason: mismatch(arms, eValue), metrics: [], arms: evidenceOf(null) };
  const { verdict, winner, reason } = conclude(shown);
  return { verdict, reason, metrics: [], arms: evidenceOf(winner) };
}

function showArm(
  arm: ArmCounts,
  arms: readonly ArmCounts[],
  { goals }: TestQuestion,
  alpha: number,
  users: number | null,
): TestArmEvidence {
  const sum = (of: (a: ArmCounts) => number): number => arms.reduce((total, a) => total + of(a), 0);
  const slots = sum((a) => a.slots);
  const own = users === null || slots === 0 ? null : (users * arm.slots) / slots;
  return {
    version: arm.version,
    sharePpm: Math.round((PPM * arm.weight) / sum((a) => a.weight)),
    requests: arm.requests,
    errors: arm.errors,
    users: own === null ? null : Math.round(own),
    goals: goals.map((goal) => showGoal(goal, arm, arms[0], alpha, own)),
  };
}

function showGoal(
  { name, better }: TestQuestion['goals'][number],
  arm: ArmCounts,
  first: ArmCounts | undefined,
  alpha: number,
  users: number | null,
): GoalEvidence {
  const own = arm.goals[name] ?? NO_GOALS;
  const figures = { name, better, count: own.count, sum: own.sum, perUser: users ? own.sum / users : null };
  if (!first || arm === first) return { ...figures, effect: null, interval: null, says: null };
  const shares = { first: first.weight, arm: arm.weight };
  const found = goalEffect(first.goals[name] ?? NO_GOALS, own, shares, alpha);
  const interval = found?.interval ?? null;
  const [low, high] = interval ?? [-1, 1];
  const surely = low > 0 ? 'higher' : high < 0 ? 'lower' : undefined;
  const says = surely === undefined ? 'open' : surely === better ? 'better' : 'worse';
  return { ...figures, effect: found?.effect ?? null, interval: interval && [interval[0], interval[1]], says };
}

type Conclusion = { readonly verdict: Judgement['verdict']; readonly winner: string | null; readonly reason: string };

function conclude(arms: readonly TestArmEvidence[]): Conclusion {
  const [first, ...others] = arms;
  const isWorse = (arm: TestArmEvidence): boolean => arm.goals.some((goal) => goal.says === 'worse');
  const winners = others.filter((arm) => arm.goals[0]?.says === 'better' && !isWorse(arm));
  const winner = best(winners);
  if (winner) return { verdict: 'PASS', winner: winner.version, reason: sentence(winner, first) };
  const reason = others.map((arm) => sentence(arm, first)).join('; ');
  if (others.length > 0 && others.every(isWorse)) return { verdict: 'FAIL', winner: first?.version ?? null, reason };
  return { verdict: 'PENDING', winner: null, reason };
}

/** The arm that looks best in the goal that decides; undefined of none. */
export function best(arms: readonly TestArmEvidence[]): TestArmEvidence | undefined {
  const gain = ({ goals: [goal] }: TestArmEvidence): number => {
    const effect = goal?.effect ?? -Infinity;
    return goal?.better === 'lower' ? -effect : effect;
  };
  return arms.reduce<TestArmEvidence | undefined>((a, b) => (a === undefined || gain(b) > gain(a) ? b : a), undefined);
}

/** `v2 against v1: signup +12 % (between +3.1 % and +21 %), surely better`. */
function sentence(arm: TestArmEvidence, first: TestArmEvidence | undefined): string {
  const goals = arm.goals.map(({ name, effect, interval, says, count: reached }) => {
    if (effect === null) return `${name}: reached ${plural(reached, 'time')}, nothing to compare yet`;
    if (interval === null) return `${name} ${signed(effect)}, too few yet for an interval`;
    const said = says === 'open' ? 'not decided' : `surely ${says}`;
    return `${name} ${signed(effect)} (between ${signed(interval[0])} and ${signed(interval[1])}), ${said}`;
  });
  return `${arm.version} against ${first?.version ?? 'none'}: ${goals.join(', ')}`;
}

function signed(effect: number): string {
  return `${effect >= 0 ? '+' : ''}${percent(effect)} %`;
}

function mismatch(arms: readonly ArmCounts[], eValue: number): string {
  const all = arms.reduce((sum, arm) => sum + arm.slots, 0);
  const weights = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const each = arms.map((arm) => {
    const expected = percent(arm.weight / weights);
    return `${arm.version} has ${percent(arm.slots / all)} % of ${count(all)} users in place of ${expected} %`;
  });
  return `the users are not divided as the weights say: ${each.join(', ')}; e-value ${evidence(eValue)} reached ${evidence(SAMPLE_RATIO_EVIDENCE)}`;
}

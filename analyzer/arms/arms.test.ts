import { describe, expect, it } from 'vitest';
import { armOf, armSalt, groupOf, GROUPS, keyHash, slotOf } from '../../contracts/arm-split.ts';
import { normal, seeded } from '../simulation/random.ts';
import type { Random } from '../simulation/random.ts';
import { goalEffect } from './goal-effect.ts';
import type { GoalSums } from './goal-effect.ts';
import { judgeArms } from './judge.ts';
import type { ArmCounts } from './judge.ts';
import { keysOf, SAMPLE_RATIO_EVIDENCE, sampleRatioEvidence } from './sample-ratio.ts';

type Sums = { count: number; sum: number; groups: number[] };
type World = {
  /** The chance of the goal at a visit, by arm; the mean over users. */
  readonly rates: readonly [number, number];
  readonly weights: readonly [number, number];
  /** Of the visits, those of users who were there before; how much users differ. */
  readonly returning: number;
  /** What a goal is worth: log-normal. */
  readonly spread: number;
};

const ALPHA = 0.05;
const VISITS = 12_000;
const salts = ['v1', 'v2'].map(armSalt);
const PLAIN: World = { rates: [0.1, 0.1], weights: [1, 1], returning: 0, spread: 0 };

/** Looks after every 200 visits. @returns whether some interval ever missed the true effect, and whether 0 was ever left out */
function live(world: World, run: number): { missed: boolean; decided: boolean } {
  const random = seeded(run + 1);
  const arms: [Sums, Sums] = [noSums(), noSums()];
  const users: { hash: number; eager: number }[] = [];
  const truth = world.rates[1] / world.rates[0] - 1;
  let [missed, decided] = [false, false];
  for (let visit = 1; visit <= VISITS; visit++) {
    const user = visitor(world, users, random, run);
    const arm = armOf(user.hash, salts, world.weights) === 0 ? 0 : 1;
    if (random() < world.rates[arm] * user.eager) add(arms[arm], user.hash, Math.exp(world.spread * normal(random)));
    if (visit % 200 !== 0) continue;
    const found = goalEffect(arms[0], arms[1], { first: world.weights[0], arm: world.weights[1] }, ALPHA);
    const [low, high] = found?.interval ?? [-1, Infinity];
    missed ||= low > truth || high < truth;
    decided ||= low > 0 || high < 0;
  }
  return { missed, decided };
}

function visitor({ returning }: World, users: { hash: number; eager: number }[], random: Random, run: number) {
  const known = users[Math.floor(random() * users.length)];
  if (known && random() < returning) return known;
  const eager = returning === 0 ? 1 : 2 * random();
  const user = { hash: keyHash(`run-${run} user-${users.length}`, 1), eager };
  users.push(user);
  return user;
}

function noSums(): Sums {
  return { count: 0, sum: 0, groups: new Array<number>(GROUPS).fill(0) };
}

function add(sums: Sums, hash: number, value: number): void {
  const group = groupOf(hash);
  sums.count++;
  sums.sum += value;
  sums.groups[group] = (sums.groups[group] ?? 0) + value;
}

describe('the interval of a goal', () => {
  it.each<[string, World]>([
    ['every user comes once', PLAIN],
    ['users come back, and are not alike', { ...PLAIN, returning: 0.8 }],
    ['weights are uneven', { ...PLAIN, weights: [5, 1] }],
    ['a goal has a value of wide spread', { ...PLAIN, spread: 1 }],
    ['one arm is better', { ...PLAIN, rates: [0.1, 0.13] }],
  ])('misses the truth in at most one run of twenty, at any of 60 looks, where %s', (_name, world) => {
    const runs = 150;
    const missed = Array.from({ length: runs }, (_, run) => live(world, run)).filter((run) => run.missed).length;
    // 5 % of 150 are 7.5; three standard deviations above it 15.
    expect(missed).toBeLessThanOrEqual(15);
  });

  it('finds an arm that is 30 % better, in most runs', () => {
    const decided = Array.from({ length: 40 }, (_, run) => live({ ...PLAIN, rates: [0.1, 0.13] }, run));
    expect(decided.filter((run) => run.decided).length).toBeGreaterThan(20);
  });

  it('is none before there are 50 goals an arm', () => {
    const sums = (n: number): GoalSums => {
      const made = noSums();
      for (let i = 0; i < n; i++) add(made, keyHash(`u${i}`, 1), 1);
      return made;
    };
    const shares = { first: 1, arm: 1 };
    expect(goalEffect(sums(0), sums(10), shares, ALPHA)).toBeUndefined();
    expect(goalEffect(sums(49), sums(500), shares, ALPHA)?.interval).toBeNull();
    expect(goalEffect(sums(50), sums(500), shares, ALPHA)?.interval).not.toBeNull();
  });
});

describe('the sample ratio', () => {
  const shares = [0.5, 0.3, 0.2];

  /** @returns after how many users it was reached, looked at after each hundred; undefined: never */
  function reachedAfter(drawn: readonly number[], random: Random, users: number): number | undefined {
    const counts = [0, 0, 0];
    for (let i = 1; i <= users; i++) {
      const u = random();
      const arm = u < (drawn[0] ?? 0) ? 0 : u < (drawn[0] ?? 0) + (drawn[1] ?? 0) ? 1 : 2;
      counts[arm] = (counts[arm] ?? 0) + 1;
      if (i % 100 === 0 && sampleRatioEvidence(counts, shares) >= SAMPLE_RATIO_EVIDENCE) return i;
    }
    return undefined;
  }

  it('raises no alarm where users are divided as the weights say, however often one looks', () => {
    const random = seeded(3);
    const alarms = Array.from({ length: 200 }, () => reachedAfter(shares, random, 10_000)).filter(
      (n) => n !== undefined,
    );
    // One in a thousand is 0.2 of 200.
    expect(alarms.length).toBeLessThanOrEqual(2);
  });

  it('finds that an arm loses one user in ten', () => {
    const lost = [0.5, 0.27, 0.2].map((share) => share / 0.97);
    expect(reachedAfter(lost, seeded(5), 60_000)).toBeLessThan(40_000);
  });

  it('is that of Lindon and Malek: the Bayes factor of a Dirichlet prior around the weights', () => {
    // Two users, both on the first of two arms, prior 500:500: (500/1000)(501/1001) / (1/2)(1/2).
    expect(sampleRatioEvidence([2, 0], [1, 1])).toBeCloseTo((0.5 * (501 / 1_001)) / 0.25, 10);
    expect(sampleRatioEvidence([0, 0], [3, 1])).toBeCloseTo(1, 12);
  });
});

describe('the number of users', () => {
  it('is estimated within one percent from the slots that they take', () => {
    for (const users of [1_000, 30_000, 200_000]) {
      const slots = new Set(Array.from({ length: users }, (_, i) => slotOf(keyHash(`user-${i}`, 4))));
      expect(Math.abs((keysOf(slots.size) ?? 0) / users - 1)).toBeLessThan(0.01);
    }
    expect(keysOf(65_500)).toBeNull();
  });
});

describe('the judgement of several arms', () => {
  const GOALS = [
    { name: 'signup', better: 'higher' },
    { name: 'returned', better: 'lower' },
  ] as const;

  function arm(version: string, signups: number, returned: number): ArmCounts {
    const sums = (n: number): GoalSums => {
      const made = noSums();
      for (let i = 0; i < n; i++) add(made, keyHash(`${version} ${i}`, 1), 1);
      return made;
    };
    const goals = { signup: sums(signups), returned: sums(returned) };
    return { version, weight: 1, requests: 10_000, errors: 3, slots: 9_000, goals };
  }
  const first = arm('v1', 1_000, 500);

  it('names the best of those that are surely better, and divides alpha by arms and goals', () => {
    const judged = judgeArms([first, arm('v2', 1_500, 500), arm('v3', 2_000, 500)], { alpha: 0.04, goals: GOALS });
    expect(judged).toMatchObject({ verdict: 'PASS', arms: { winner: 'v3', alphaEach: 0.01 } });
    expect(judged.arms.arms[2]?.goals[0]).toMatchObject({ says: 'better', effect: 1 });
    expect(judged.reason).toMatch(/^v3 against v1: signup \+100 % \(between \+.* and \+.*\), surely better, returned /);
  });

  it('lets no arm win that is surely worse in another goal', () => {
    const judged = judgeArms([first, arm('v2', 2_000, 1_000), arm('v3', 1_000, 500)], { alpha: 0.05, goals: GOALS });
    expect(judged).toMatchObject({ verdict: 'PENDING', arms: { winner: null } });
    expect(judged.arms.arms[1]?.goals.map((goal) => goal.says)).toEqual(['better', 'worse']);
  });

  it('fails when all others are surely worse, and then the first has won', () => {
    const judged = judgeArms([first, arm('v2', 500, 500), arm('v3', 1_000, 1_000)], { alpha: 0.05, goals: GOALS });
    expect(judged).toMatchObject({ verdict: 'FAIL', arms: { winner: 'v1' } });
  });

  it('believes no figure when users are not divided as the weights say', () => {
    const judged = judgeArms([first, { ...arm('v2', 2_000, 500), slots: 7_500 }], { alpha: 0.05, goals: GOALS });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', arms: { winner: null } });
  });
});

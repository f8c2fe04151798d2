import { describe, expect, it } from 'vitest';
import type { ArmsEvidence, GoalEvidence } from '../../contracts/verdict.ts';
import { armParts, formatGoal, goalBar, goalReach, usersSentence, winnerSentence } from './arms.ts';

const evidence = (eValue: number) => ({
  arms: [],
  winner: null,
  alphaEach: 0.05,
  sampleRatio: { counted: [500, 1_500], eValue, threshold: 1_000 },
});

const goal = (changes: Partial<GoalEvidence> = {}): GoalEvidence => ({
  name: 'purchase',
  better: 'higher',
  count: 10,
  sum: 10,
  perUser: 0.1,
  effect: null,
  interval: null,
  says: null,
  ...changes,
});
const arm = (version: string, sharePpm: number, changes: Partial<GoalEvidence> = {}): ArmsEvidence['arms'][number] => ({
  version,
  sharePpm,
  requests: 100,
  errors: 0,
  users: 100,
  goals: [goal(changes)],
});
const test = (winner: string | null, second: Partial<GoalEvidence>): ArmsEvidence => ({
  ...evidence(1),
  winner,
  arms: [arm('v7', 500_000), arm('v8', 500_000, second)],
});

describe('the arms of an A/B test as a picture', () => {
  it('are as wide as the users who were counted; as their weights before any was', () => {
    expect(armParts(test(null, {})).map((part) => part.countedPpm)).toEqual([250_000, 750_000]);
    const none = { ...test(null, {}), sampleRatio: { counted: [0, 0], eValue: 1, threshold: 10 } };
    expect(armParts(none).map((part) => part.countedPpm)).toEqual([500_000, 500_000]);
  });

  it('have intervals around "no difference" on one axis, cut where it ends', () => {
    const interval: [number, number] = [-0.1, 0.3];
    const evidence = test(null, { effect: 0.15, interval, says: 'open' });
    expect(goalReach(evidence)).toBeCloseTo(0.3);
    expect(goalBar(goal({ effect: 0.15, interval }), 0.3)).toEqual({
      from: expect.closeTo(33.33, 1),
      to: 100,
      effect: 75,
    });
    expect(goalBar(goal({ effect: 3, interval: [-4, 9] }), 1)).toEqual({ from: 0, to: 100, effect: 100 });
    expect(goalBar(goal(), 1)).toBeNull();
  });

  it('name the winner, or say that there is none', () => {
    expect(winnerSentence(test(null, { says: 'open' }))).toBe('No winner in purchase yet');
    expect(winnerSentence(test(null, { says: 'worse' }))).toBe('No winner in purchase');
    expect(winnerSentence(test('v8', { says: 'better', effect: 0.12 }))).toBe('v8 wins in purchase: +12.0% against v7');
    expect(winnerSentence(test('v7', { says: 'worse' }))).toBe('v7 stays: every other arm is surely worse in purchase');
  });
});

describe('the arms of an A/B test in words', () => {
  it('show goals for a hundred users, and a dash where users are not known', () => {
    expect([0.1234, 12, 0, null].map(formatGoal)).toEqual(['12.3', '1,200', '0', '–']);
  });

  it('say whether users are divided as they should be', () => {
    expect(usersSentence(evidence(3))).toBe('2,000 users counted once: no sign that they are divided otherwise');
    expect(usersSentence(evidence(2_000))).toBe('2,000 users counted once: not divided as the weights say');
  });
});

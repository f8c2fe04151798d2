import { describe, expect, it } from 'vitest';
import { formatGoal, usersSentence } from './arms.ts';

const evidence = (eValue: number) => ({
  arms: [],
  winner: null,
  alphaEach: 0.05,
  sampleRatio: { counted: [500, 1_500], eValue, threshold: 1_000 },
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

/** The arms of an A/B test in words. */
import type { ArmsEvidence, GoalEvidence } from '../../contracts/verdict.ts';
import { formatCount, MISSING } from '../format/number.ts';
import type { Look } from '../parts/shapes.ts';

export const SAYS_LOOK: Readonly<Record<NonNullable<GoalEvidence['says']>, Look>> = {
  better: { shape: 'check', tone: 'good' },
  worse: { shape: 'cross', tone: 'bad' },
  open: { shape: 'pending', tone: 'wait' },
};

/** A goal's sum for a hundred users. @param perUser - null: the users are not known */
export function formatGoal(perUser: number | null): string {
  if (perUser === null) return MISSING;
  const hundred = perUser * 100;
  return hundred >= 1_000 ? formatCount(Math.round(hundred)) : String(Number(hundred.toPrecision(3)));
}

/** Whether users are divided as the weights say. */
export function usersSentence({ sampleRatio: { counted, eValue, threshold } }: ArmsEvidence): string {
  const all = counted.reduce((a, b) => a + b, 0);
  const how = eValue >= threshold ? 'not divided as the weights say' : 'no sign that they are divided otherwise';
  return `${formatCount(all)} users counted once: ${how}`;
}

/** The arms of an A/B test in words. */
import type { ArmsEvidence, GoalEvidence } from '../../contracts/verdict.ts';
import { formatCount, formatEffect, MISSING } from '../format/number.ts';
import type { Look } from '../parts/shapes.ts';

const PPM = 1_000_000;

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

export type ArmPart = { readonly version: string; readonly expectedPpm: number; readonly countedPpm: number };

/** How users are divided, as counted, beside the weights; each user is counted once. */
export function armParts({ arms, sampleRatio: { counted } }: ArmsEvidence): readonly ArmPart[] {
  const all = counted.reduce((a, b) => a + b, 0);
  return arms.map(({ version, sharePpm }, i) => ({
    version,
    expectedPpm: sharePpm,
    countedPpm: all === 0 ? sharePpm : ((counted[i] ?? 0) / all) * PPM,
  }));
}

/** What the test has found so far, of the goal that decides. */
export function winnerSentence({ winner, arms }: ArmsEvidence): string {
  const [first, ...others] = arms;
  const goal = first?.goals[0]?.name ?? '';
  if (winner === null) {
    const open = others.filter(({ goals }) => goals[0]?.says === 'open').length;
    return open === 0 ? `No winner in ${goal}` : `No winner in ${goal} yet`;
  }
  if (winner === first?.version) return `${winner} stays: every other arm is surely worse in ${goal}`;
  const effect = arms.find(({ version }) => version === winner)?.goals[0]?.effect ?? null;
  return `${winner} wins in ${goal}: ${formatEffect(effect, 'ms')} against ${first?.version ?? ''}`;
}

/** A goal's interval on the axis that all goals share, in percent of its width; 50 is no difference. */
export type GoalBar = { readonly from: number; readonly to: number; readonly effect: number };

/** How far the axis reaches to each side: as far as the widest interval, 100 % at the most. */
export function goalReach({ arms }: ArmsEvidence): number {
  const ends = arms.flatMap(({ goals }) => goals.flatMap(({ interval }) => interval ?? []));
  return Math.min(1, Math.max(0.05, ...ends.map(Math.abs)));
}

export function goalBar({ effect, interval }: GoalEvidence, reach: number): GoalBar | null {
  if (effect === null || interval === null) return null;
  const place = (value: number): number => 50 + 50 * Math.max(-1, Math.min(1, value / reach));
  return { from: place(interval[0]), to: place(interval[1]), effect: place(effect) };
}

/** Whether users are divided as the weights say. */
export function usersSentence({ sampleRatio: { counted, eValue, threshold } }: ArmsEvidence): string {
  const all = counted.reduce((a, b) => a + b, 0);
  const how = eValue >= threshold ? 'not divided as the weights say' : 'no sign that they are divided otherwise';
  return `${formatCount(all)} users counted once: ${how}`;
}

import { describe, expect, it } from 'vitest';
import { MeshproofError } from '../../contracts/errors.ts';
import { AWAY_LIMIT_MS, follow } from './follow.ts';
import type { Followed } from './follow.ts';

const AWAY = new MeshproofError('CONTROL_UNREACHABLE', 'gone');

/** Plays the answers, one each 100 ms; a MeshproofError is thrown; the last answer repeats. */
function play(
  answers: readonly (number | MeshproofError)[],
  deadlineMs = 1e9,
): { readonly result: Promise<Followed<number>>; readonly away: boolean[] } {
  let nowMs = 0;
  let next = 0;
  const away: boolean[] = [];
  const result = follow<number>({
    ask: () => {
      const answer = answers[Math.min(next++, answers.length - 1)] ?? 0;
      return typeof answer === 'number' ? Promise.resolve(answer) : Promise.reject(answer);
    },
    ended: (n) => n === 3,
    onValue: () => undefined,
    onAway: (is) => away.push(is),
    everyMs: 100,
    nowMs: () => nowMs,
    deadlineMs,
    signal: new AbortController().signal,
    pause: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  });
  return { result, away };
}

describe('follow', () => {
  it('asks until it is over', async () => {
    expect(await play([1, 2, 3]).result).toEqual({ value: 3, how: 'ended' });
  });

  it('gives up at the deadline with what it saw last', async () => {
    expect(await play([1], 1_000).result).toEqual({ value: 1, how: 'timeout' });
  });

  it('sits out a control plane that is restarted', async () => {
    const { result, away } = play([1, AWAY, AWAY, 3]);
    expect(await result).toEqual({ value: 3, how: 'ended' });
    expect(away).toEqual([true, false]);
  });

  it(`gives up on one that is away for longer than ${AWAY_LIMIT_MS} ms`, async () => {
    await expect(play([1, AWAY]).result).rejects.toBe(AWAY);
  });

  it('does not wait for one that never answered', async () => {
    const { result, away } = play([AWAY]);
    await expect(result).rejects.toBe(AWAY);
    expect(away).toEqual([]);
  });

  it('passes other errors on at once', async () => {
    const gone = new MeshproofError('EXPERIMENT_NOT_FOUND', 'gone');
    await expect(play([1, gone]).result).rejects.toBe(gone);
  });
});

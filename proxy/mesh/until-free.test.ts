import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeshproofError } from '../../contracts/errors.ts';
import { UntilFree } from './until-free.ts';

const taken = new MeshproofError('ADDRESS_IN_USE', 'gateway edge');

describe('UntilFree', () => {
  const waitsMs: number[] = [];
  let untilFree: UntilFree;

  beforeEach(() => {
    vi.useFakeTimers();
    waitsMs.length = 0;
    untilFree = new UntilFree({ random: () => 1, onWait: (ms) => void waitsMs.push(ms) });
  });
  afterEach(() => vi.useRealTimers());

  it('tries with longer and longer pauses until the address is free, and then no more', async () => {
    const attempt = vi.fn<() => Promise<void>>().mockRejectedValue(taken);
    untilFree.begin(attempt);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(waitsMs.slice(0, 7)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    attempt.mockResolvedValue();
    await vi.advanceTimersByTimeAsync(5_000);
    attempt.mockClear();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempt).not.toHaveBeenCalled();
  });

  it('gives up what is refused for another reason', async () => {
    const attempt = vi.fn<() => Promise<void>>().mockRejectedValue(new MeshproofError('CONFIG_REFUSED', 'no'));
    untilFree.begin(attempt);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('does not go on with an attempt that was cancelled while it was under way', async () => {
    let fail = (_why: Error): void => {};
    const attempt = vi.fn(() => new Promise<void>((_, reject) => (fail = reject)));
    untilFree.begin(attempt);
    await vi.advanceTimersByTimeAsync(250);
    untilFree.cancel();
    fail(taken);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});

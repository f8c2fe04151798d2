import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseTimer } from './lease-timer.ts';

describe('LeaseTimer', () => {
  let leases: number[] = [];
  const over: number[] = [];
  let timer: LeaseTimer;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    over.length = 0;
    timer = new LeaseTimer({
      earliestMs: () => (leases.length === 0 ? undefined : Math.min(...leases) - performance.now()),
      onDue: () => {
        over.push(...leases.filter((end) => end <= performance.now()).map(() => performance.now()));
        leases = leases.filter((end) => end > performance.now());
      },
    });
  });
  afterEach(() => vi.useRealTimers());

  it('is there at the end of each lease, to the millisecond', () => {
    leases = [700, 40.5, 5_000].map((ms) => performance.now() + ms);
    const startMs = performance.now();
    timer.look();
    vi.advanceTimersByTime(10_000);
    expect(over.map((ms) => ms - startMs)).toEqual([41, 700, 5_000]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for the rest of a lease that was renewed, and one of many days costs no wake-up', () => {
    const startMs = performance.now();
    leases = [startMs + 100];
    timer.look();
    leases = [startMs + 250];
    vi.advanceTimersByTime(10_000);
    expect(over.map((ms) => ms - startMs)).toEqual([250]);
    leases = [startMs + 2 ** 33];
    timer.look();
    expect(vi.advanceTimersToNextTimer()).toBeDefined();
    expect(over).toHaveLength(1);
  });

  it('comes back for a lease that runs out between dropping what is over and looking for the next', () => {
    let nowMs = 0;
    const endMs = 10;
    let looks = 0;
    const early = new LeaseTimer({
      earliestMs: () => (nowMs < endMs ? endMs - nowMs : undefined),
      onDue: () => {
        looks++;
        nowMs = endMs;
      },
    });
    early.look();
    nowMs = 9.7;
    vi.advanceTimersByTime(1_000);
    expect(looks).toBe(2);
  });

  it('looks no more when it is closed', () => {
    leases = [performance.now() + 10];
    timer.look();
    timer.close();
    vi.advanceTimersByTime(1_000);
    expect(over).toEqual([]);
  });
});

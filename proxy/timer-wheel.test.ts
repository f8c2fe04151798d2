import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Timer, TimerWheel } from './timer-wheel.ts';

let nowMs = 0;
const clock = { nowMs: () => nowMs };

beforeEach(() => {
  nowMs = 10_003;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock in steps of at most a tick and turns the wheel after each. */
function passMs(wheel: TimerWheel, ms: number, stepMs = 5): void {
  for (let left = ms; left > 0; left -= stepMs) {
    nowMs += Math.min(stepMs, left);
    wheel.advance();
  }
}

describe('a timer', () => {
  it('never fires early, and at most one tick late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 9_999 }), (delayMs, offsetMs) => {
        nowMs = 50_000 + offsetMs;
        const wheel = new TimerWheel(clock);
        const startMs = nowMs;
        let firedAtMs = -1;
        wheel.arm(new Timer(() => (firedAtMs = nowMs)), delayMs);
        for (let i = 0; i < 30_000 && firedAtMs < 0; i++) {
          nowMs += 1;
          wheel.advance();
        }
        expect(firedAtMs - startMs).toBeGreaterThanOrEqual(delayMs);
        expect(firedAtMs - startMs).toBeLessThanOrEqual(delayMs + 5);
        wheel.close();
      }),
      { numRuns: 50 },
    );
  });

  it('fires once for each arming', () => {
    const wheel = new TimerWheel(clock);
    let fired = 0;
    const timer = new Timer(() => fired++);
    wheel.arm(timer, 10);
    passMs(wheel, 100);
    expect([fired, timer.armed]).toEqual([1, false]);
    wheel.arm(timer, 10);
    wheel.arm(timer, 50); // armed anew: only the last counts
    passMs(wheel, 30);
    expect(fired).toBe(1);
    passMs(wheel, 30);
    expect(fired).toBe(2);
  });

  it('does not fire when it was cancelled; cancelling twice is nothing', () => {
    const wheel = new TimerWheel(clock);
    const timer = new Timer(() => expect.unreachable());
    wheel.arm(timer, 10);
    wheel.cancel(timer);
    wheel.cancel(timer);
    passMs(wheel, 10_000);
    expect(timer.armed).toBe(false);
  });

  it('fires late, but fires, when the thread was stuck for longer than the wheel is round', () => {
    const wheel = new TimerWheel(clock);
    const fired: number[] = [];
    for (const delayMs of [7, 5_119, 5_120, 5_121, 9_000, 60_000])
      wheel.arm(new Timer(() => fired.push(delayMs)), delayMs);
    nowMs += 30_000;
    wheel.advance();
    expect(fired.sort((a, b) => a - b)).toEqual([7, 5_119, 5_120, 5_121, 9_000]);
    nowMs += 30_005;
    wheel.advance();
    expect(fired).toHaveLength(6);
  });
});

describe('while it fires', () => {
  it('a timer may cancel any of its neighbours', () => {
    for (const victim of [0, 1, 2, 3, 4]) {
      const wheel = new TimerWheel(clock);
      const fired: number[] = [];
      const timers = Array.from(
        { length: 5 },
        (_, i) =>
          new Timer(() => {
            fired.push(i);
            if (fired.length === 1)
              for (const [k, timer] of timers.entries()) if (k !== i && k <= victim) wheel.cancel(timer);
          }),
      );
      for (const timer of timers) wheel.arm(timer, 10);
      passMs(wheel, 20);
      const first = fired[0] ?? -1;
      expect([...fired].sort()).toEqual([0, 1, 2, 3, 4].filter((k) => k === first || k > victim));
    }
  });

  it('a timer may arm itself again, with no delay even, and the wheel goes on', () => {
    const wheel = new TimerWheel(clock);
    let fired = 0;
    const timer: Timer = new Timer(() => {
      fired++;
      wheel.arm(timer, 0);
    });
    wheel.arm(timer, 0);
    passMs(wheel, 50);
    expect(fired).toBeGreaterThanOrEqual(9);
    expect(fired).toBeLessThanOrEqual(11);
  });

  it('a timer may move its neighbours to another time, the same slot a round later included', () => {
    const wheel = new TimerWheel(clock);
    const fired: string[] = [];
    const moved = new Timer(() => fired.push('moved'));
    const others = ['a', 'b', 'c'].map(
      (name) =>
        new Timer(() => {
          fired.push(name);
          if (fired.length === 1) wheel.arm(moved, 5_120);
        }),
    );
    wheel.arm(others[0] ?? moved, 10);
    wheel.arm(moved, 10);
    for (const timer of others.slice(1)) wheel.arm(timer, 10);
    passMs(wheel, 20);
    expect(fired.includes('moved') ? fired.indexOf('moved') : 99).toBeGreaterThan(0);
    expect(fired.filter((f) => f !== 'moved').sort()).toEqual(['a', 'b', 'c']);
    passMs(wheel, 6_000);
    expect(fired.filter((f) => f === 'moved')).toHaveLength(1);
  });
});

it('any mix of arming and cancelling fires just what a list of due times says', () => {
  const step = fc.record({ timer: fc.nat(9), delayMs: fc.option(fc.nat(12_000)), waitMs: fc.nat(700) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const wheel = new TimerWheel(clock);
      const due = new Map<number, number>();
      const timers = Array.from(
        { length: 10 },
        (_, i) =>
          new Timer(() => {
            expect(nowMs).toBeGreaterThanOrEqual(due.get(i) ?? Infinity);
            due.delete(i);
          }),
      );
      for (const { timer, delayMs, waitMs } of steps) {
        const chosen = timers[timer] ?? new Timer(() => {});
        if (delayMs === null) {
          wheel.cancel(chosen);
          due.delete(timer);
        } else {
          wheel.arm(chosen, delayMs);
          due.set(timer, nowMs + delayMs);
        }
        passMs(wheel, waitMs);
        for (const at of due.values()) expect(at).toBeGreaterThan(nowMs - 5);
      }
      wheel.close();
    }),
    { numRuns: 100 },
  );
});

it('turns only while something is armed, and holds no process open', () => {
  const wheel = new TimerWheel(clock);
  expect(vi.getTimerCount()).toBe(0);
  const timer = new Timer(() => {});
  wheel.arm(timer, 10);
  expect(vi.getTimerCount()).toBe(1);
  nowMs += 20;
  vi.advanceTimersByTime(20);
  expect([timer.armed, vi.getTimerCount()]).toEqual([false, 0]);
});

import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { quantileOf, runQueue } from '../testing/queue.ts';
import type { Door, QueueOptions, QueueRun } from '../testing/queue.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** Ten at once, 20 ms each: 500 requests per second can be answered. */
const CAPACITY = 500;

function run(limit: AdaptiveLimit | undefined, changes: Partial<QueueOptions> = {}): QueueRun {
  const door: Door = {
    admits: (inFlight, nowMs) => limit?.admits(inFlight, nowMs) ?? true,
    answered: (startMs, nowMs) => limit?.sample(startMs, nowMs),
  };
  const options = { hands: 10, serviceMs: () => 20, perSecond: () => 2 * CAPACITY, forMs: 300_000, seed: 3 };
  return runQueue({ ...options, ...changes }, door);
}

function adaptive(targetMs?: number, maxLimit = 1_000): AdaptiveLimit {
  const random = new Random(5);
  return new AdaptiveLimit({ maxLimit, targetMs, random: () => random.ppm() / 1_000_000 }, 0);
}

describe('at twice the load that the service bears', () => {
  it('the latency grows without end where nothing is shed', () => {
    const { acceptedMs, shed } = run(undefined, { forMs: 60_000 });
    expect(shed).toBe(0);
    expect(quantileOf(acceptedMs, 0.5)).toBeGreaterThan(10_000);
  });

  it.each([
    ['the gradient', adaptive()],
    ['a target', adaptive(60)],
  ])('with %s, accepted requests keep their latency, and the service stays busy', (_name, limit) => {
    const { acceptedMs, shed } = run(limit);
    // Alone, a request takes 20 ms at the median 14, at the 99th percentile 92.
    expect(quantileOf(acceptedMs, 0.5)).toBeLessThan(60);
    expect(quantileOf(acceptedMs, 0.99)).toBeLessThan(250);
    expect(acceptedMs.length / 300).toBeGreaterThan(0.85 * CAPACITY);
    expect(shed / 300).toBeGreaterThan(0.8 * CAPACITY);
  });

  it('a tenth of the answers at most takes longer than the target', () => {
    const { acceptedMs } = run(adaptive(60));
    expect(quantileOf(acceptedMs, 0.9)).toBeLessThan(66);
  });

  it('nothing passes the highest limit', () => {
    const limit = adaptive(undefined, 5);
    run(limit, { forMs: 30_000 });
    expect(limit.limit).toBeLessThanOrEqual(5);
    expect(adaptive(undefined, 1).limit).toBe(1);
  });
});

describe('a service that bears its load', () => {
  it('loses next to nothing, even while the latency without a queue is measured', () => {
    const { acceptedMs, shed } = run(adaptive(), { perSecond: () => CAPACITY / 2 });
    expect(shed / (acceptedMs.length + shed)).toBeLessThan(0.005);
  });

  it('does not raise a limit that it does not use', () => {
    const limit = adaptive();
    run(limit, { perSecond: () => CAPACITY / 10 });
    expect(limit.limit).toBeLessThanOrEqual(20);
  });
});

describe('a service that changes', () => {
  it('gets its limit back after it was slow for a while', () => {
    const slow = (nowMs: number): boolean => nowMs > 60_000 && nowMs < 90_000;
    const parts = { serviceMs: (nowMs: number) => (slow(nowMs) ? 200 : 20), perSecond: () => 0.7 * CAPACITY };
    const { shed: early } = run(adaptive(), { ...parts, forMs: 120_000 });
    const { shed: late } = run(adaptive(), { ...parts, forMs: 240_000 });
    expect(early).toBeGreaterThan(0);
    expect((late - early) / (120 * 0.7 * CAPACITY)).toBeLessThan(0.01);
  });

  it('that always was slower than thought is measured anew', () => {
    const limit = adaptive();
    const { acceptedMs } = run(limit, {
      hands: 40,
      serviceMs: (nowMs) => (nowMs < 30_000 ? 20 : 80),
      perSecond: () => 2 * CAPACITY,
      forMs: 400_000,
    });
    // Half of 1000 per second pass: 40 hands of 80 ms.
    expect(acceptedMs.length / 400).toBeGreaterThan(0.8 * CAPACITY);
  });
});

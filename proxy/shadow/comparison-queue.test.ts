import { describe, expect, it } from 'vitest';
import type { ComparedAnswer, ComparisonSample } from '../../contracts/comparison.ts';
import { ComparisonQueue, MAX_WAITING_BYTES } from './comparison-queue.ts';

const CLOCK = { nowMs: () => 0 };

function answer(text: string): ComparedAnswer {
  return { status: 200, headers: {}, body: { kind: 'json', value: text }, latencyUs: 1 };
}

function sample(text: string): ComparisonSample {
  const part = answer(text);
  return { experimentId: 'run-1', epoch: 1, method: 'GET', path: '/', baseline: part, candidate: part, again: part };
}

/** A queue into which so many comparisons were put. */
function filled(count: number, text: string): ComparisonQueue {
  const queue = new ComparisonQueue('run-1', 1_000, CLOCK);
  for (let i = 0; i < count; i++) {
    expect(queue.begin()).toBe(true);
    queue.add(sample(text));
  }
  return queue;
}

describe('a queue of comparisons', () => {
  it('holds no more than a report may, counted as it is sent, and counts what it drops', () => {
    const queue = filled(150, '€'.repeat(64 * 1_024));
    const { samples = [], dropped = 0 } = queue.take() ?? {};
    expect(samples.length).toBeGreaterThan(2);
    expect(samples.length + dropped).toBe(150);
    expect(Buffer.byteLength(JSON.stringify(samples))).toBeLessThanOrEqual(MAX_WAITING_BYTES);
  });

  it('has room again once it was taken', () => {
    const queue = filled(250, 'small');
    expect(queue.take()).toMatchObject({ dropped: 50 });
    expect(queue.take()).toBeUndefined();
    expect(queue.begin()).toBe(true);
    queue.add(sample('small'));
    expect(queue.take()).toMatchObject({ dropped: 0, samples: [{}] });
  });
});

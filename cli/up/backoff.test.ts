import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

describe('back-off', () => {
  it('doubles from 200 ms and never exceeds 10 s', () => {
    expect([1, 2, 3, 6, 7, 100].map(backoffMs)).toEqual([200, 400, 800, 6_400, 10_000, 10_000]);
  });
});

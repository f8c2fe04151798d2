import { describe, expect, it } from 'vitest';
import { growthOf } from './growth.ts';

describe('growthOf', () => {
  it('calls a leak growth, and warming up or noise not', () => {
    const leak = Array.from({ length: 90 }, (_, i) => 100 + i);
    const warming = Array.from({ length: 90 }, (_, i) => (i < 30 ? 60 + i : 90 + (i % 3)));
    expect(growthOf(leak, 0.1, 5).grows).toBe(true);
    expect(growthOf(warming, 0.1, 5).grows).toBe(false);
  });
});

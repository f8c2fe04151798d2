import { describe, expect, it } from 'vitest';
import { memoryInUse, Overload } from './overload.ts';

describe('Overload', () => {
  it('is strained at nine tenths of the memory, full at all of it, and leaves each state below where it began', () => {
    let bytes = 0;
    const overload = new Overload({ maxMemoryBytes: 1_000 }, () => bytes);
    const levels = [899, 900, 860, 849, 999, 1_000, 950, 949, 849].map((next) => {
      bytes = next;
      overload.look(0);
      return overload.level;
    });
    expect(levels).toEqual([0, 1, 1, 0, 1, 2, 2, 1, 0]);
  });

  it('is strained at nine tenths of the connections, and never full for them: the listener counts those itself', () => {
    const overload = new Overload({ maxMemoryBytes: 0 }, () => 1e12);
    const levels = [89, 90, 100, 85, 84].map((percent) => {
      overload.look(percent / 100);
      return overload.level;
    });
    expect(levels).toEqual([0, 1, 1, 1, 0]);
  });

  it('measures what JavaScript holds', () => {
    const before = memoryInUse();
    const held = Buffer.alloc(50_000_000, 1);
    expect(memoryInUse() - before).toBeGreaterThan(30_000_000);
    expect(held.length).toBe(50_000_000);
  });
});

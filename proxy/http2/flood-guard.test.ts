import { describe, expect, it } from 'vitest';
import { FloodGuard } from './flood-guard.ts';

describe('the guard against floods', () => {
  it('bears a burst, and then as many events a second as it may', () => {
    const guard = new FloodGuard(0, { burst: 3, perSecond: 2 });
    expect([guard.take(0), guard.take(0), guard.take(0), guard.take(0)]).toEqual([true, true, true, false]);
    expect([guard.take(1_000), guard.take(1_000), guard.take(1_000)]).toEqual([true, false, false]);
  });

  it('saves up no more than the burst', () => {
    const guard = new FloodGuard(0, { burst: 2, perSecond: 1 });
    expect([1, 2, 3].map(() => guard.take(1_000_000))).toEqual([true, true, false]);
  });
});

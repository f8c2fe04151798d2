import { describe, expect, it } from 'vitest';
import { due, dueAtMs } from './pace.ts';
import { Tally } from './tally.ts';

describe('the open loop', () => {
  it('has requests due at a constant rate, whatever was sent', () => {
    expect(due(250, 1_000, 0, 1_000)).toBe(250);
    expect(due(250, 1_000, 240, 1_000)).toBe(10);
    expect(due(250, 1_000, 300, 1_000)).toBe(0);
  });

  it('catches up after a stall in bursts, and charges the wait to the requests', () => {
    expect(due(250, 10_000, 0, 200)).toBe(200);
    expect(dueAtMs(250, 250)).toBe(1_000);
  });
});

describe('the tally', () => {
  it('counts everything but a 200 as an error that a user saw', () => {
    const tally = new Tally();
    for (const code of [200, 200, 502, 404, 0]) {
      tally.sent();
      tally.ended(code, 1_000);
    }
    expect(tally.view()).toMatchObject({ sent: 5, answered: 4, errors: 3, codes: { '0': 1, '200': 2, '502': 1 } });
  });

  it('keeps totals but forgets latency at each view', () => {
    const tally = new Tally();
    tally.ended(200, 10_000);
    expect(tally.view().p50Ms).toBeCloseTo(10, 0);
    expect(tally.view()).toMatchObject({ answered: 1, p50Ms: null });
  });
});

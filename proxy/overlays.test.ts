import { describe, expect, it } from 'vitest';
import type { Overlay } from '../contracts/overlay.ts';
import { OverlayTable } from './overlays.ts';
import { heldRuntime, requestHead } from './testing/runtime.ts';
import type { HeldRuntime } from './testing/runtime.ts';

const head = requestHead('GET /');

function world(): { runtime: HeldRuntime; table: OverlayTable; set: (...o: Overlay[]) => string[] } {
  const runtime = heldRuntime();
  const table = new OverlayTable(runtime);
  return { runtime, table, set: (...overlays) => table.set(overlays, () => undefined).map((r) => r.experimentId) };
}

function overlay(changes: Partial<Overlay> = {}): Overlay {
  return {
    experimentId: 'run-1',
    experiment: 'shop-v2',
    epoch: 1,
    service: 'shop',
    baseline: 'v1',
    candidate: 'v2',
    candidatePpm: 50_000,
    shield: false,
    seed: 1,
    leaseMs: 10_000,
    ...changes,
  };
}

describe('a lease', () => {
  it('holds for its time on our own clock, to the millisecond, and starts anew when it is renewed', () => {
    const { runtime, table, set } = world();
    set(overlay());
    const takes = (): boolean | undefined => table.of('shop')?.takes(head);
    runtime.move(9_999);
    expect([takes(), table.of('shop')?.leaseLeftMs]).toEqual([true, 1]);
    table.renew(new Set(['run-1']));
    runtime.move(9_999);
    expect(takes()).toBe(true);
    runtime.move(1);
    expect([takes(), table.of('shop')?.leaseLeftMs]).toEqual([false, 0]);
  });

  it('that ran out is not renewed by a heartbeat that comes late', () => {
    const { runtime, table, set } = world();
    set(overlay());
    runtime.move(10_000);
    table.renew(new Set(['run-1']));
    expect(table.of('shop')?.active).toBe(false);
    expect(table.sweep().map((a) => a.overlay.experimentId)).toEqual(['run-1']);
    expect([table.all().length, table.leaseExpired]).toEqual([0, 1]);
    expect(table.sweep()).toEqual([]);
  });

  it('is fresh when the same overlay is set again', () => {
    const { runtime, table, set } = world();
    set(overlay());
    runtime.move(9_000);
    set(overlay());
    expect(table.of('shop')?.leaseLeftMs).toBe(10_000);
  });
});

describe('counters', () => {
  const rows = (table: OverlayTable): (string | number)[][] =>
    table.counters().flatMap((c) => {
      const row = c.take();
      return row ? [[row.experimentId, row.epoch, row.arm, row.requests]] : [];
    });

  it('are kept when the same epoch is set again, and new in a new epoch', () => {
    const { table, set } = world();
    set(overlay());
    const first = table.of('shop');
    first?.candidate.record(false, 10);
    set(overlay());
    expect(table.of('shop')).toBe(first);
    set(overlay({ epoch: 2 }));
    table.of('shop')?.candidate.record(true, 10);
    expect(rows(table)).toEqual([
      ['run-1', 1, 'candidate', 1],
      ['run-1', 2, 'candidate', 1],
    ]);
  });

  it('of a dropped overlay are reported once, and for as long as a request of theirs is under way', () => {
    const { table, set } = world();
    set(overlay());
    const { candidate } = table.of('shop') ?? {};
    if (!candidate) throw new Error('no overlay');
    candidate.inFlight = 1;
    candidate.record(false, 10);
    set();
    expect(rows(table)).toEqual([['run-1', 1, 'candidate', 1]]);
    candidate.record(true, 10);
    candidate.inFlight = 0;
    expect(rows(table)).toEqual([['run-1', 1, 'candidate', 1]]);
    expect(table.counters()).toEqual([]);
  });

  it('do not pile up over thousands of epochs under traffic', () => {
    const { runtime, table, set } = world();
    runtime.requestsInFlight = 5;
    for (let epoch = 1; epoch <= 1_000; epoch++) {
      set(overlay({ epoch }));
      rows(table);
    }
    expect(table.counters().length).toBeLessThanOrEqual(4);
  });
});

describe('a halt', () => {
  it('turns off what was declared before it, and nothing after it', () => {
    const { runtime, table, set } = world();
    set(overlay());
    runtime.halt.halt();
    expect(table.of('shop')?.takes(head)).toBe(false);
    table.renew(new Set(['run-1']));
    expect(table.of('shop')?.takes(head)).toBe(false);
    expect([table.sweep().length, table.leaseExpired]).toEqual([1, 0]);
    set(overlay({ experimentId: 'run-2' }));
    expect(table.of('shop')?.takes(head)).toBe(true);
  });
});

it('takes one overlay a service, and refuses the second by name', () => {
  const { table, set } = world();
  expect(
    set(overlay(), overlay({ experimentId: 'run-2' }), overlay({ experimentId: 'run-3', service: 'cart' })),
  ).toEqual(['run-2']);
  expect(table.all().map((a) => a.overlay.experimentId)).toEqual(['run-1', 'run-3']);
  expect(table.clear()).toBe(2);
  expect(table.of('shop')).toBeUndefined();
});

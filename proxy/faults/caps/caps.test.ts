import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PPM } from '../../../contracts/units.ts';
import { heldRuntime } from '../../testing/runtime.ts';
import { CapTable } from './cap-table.ts';
import type { Cap } from './cap.ts';
import { shareCap } from './share-cap.ts';
import { concurrentCap, rateCap } from './shared-caps.ts';

/** @returns whether it met the fault */
function meets(cap: Cap, who: object = {}): boolean {
  cap.look?.();
  if (!cap.hasRoom(who)) return false;
  cap.take(who);
  return true;
}

describe('the cap on the share', () => {
  it('is kept at every moment, whichever requests are drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: PPM - 1 }), fc.array(fc.boolean(), { maxLength: 300 }), (ppm, drawn) => {
        const cap = shareCap(ppm);
        let met = 0;
        drawn.forEach((isDrawn, i) => {
          cap.look?.();
          if (isDrawn && cap.hasRoom({})) {
            cap.take({});
            met++;
          }
          expect(met * PPM).toBeLessThanOrEqual(ppm * (i + 1));
        });
      }),
    );
  });

  it('lets at most a hundred in a row through after a long time without any', () => {
    const cap = shareCap(PPM / 2);
    for (let i = 0; i < 10_000; i++) cap.look?.();
    let row = 0;
    while (meets(cap)) row++;
    expect(row).toBeLessThanOrEqual(200);
    expect(row).toBeGreaterThan(100);
  });
});

describe('the cap on the rate', () => {
  it('is kept in any second, not only in those of a clock', () => {
    const runtime = heldRuntime();
    const cap = rateCap(runtime, 'k', 5);
    const at: number[] = [];
    for (let i = 0; i < 4_000; i++) {
      if (meets(cap)) at.push(i);
      runtime.move(1);
    }
    expect(at).toHaveLength(20);
    at.forEach((ms, i) => expect((at[i + 5] ?? Infinity) - ms).toBeGreaterThanOrEqual(1_000));
  });
});

describe('the cap on concurrency', () => {
  it('counts a request once however often it meets the fault, until its end', () => {
    const cap = concurrentCap(heldRuntime(), 'k', 2);
    const [a, b, c] = [{}, {}, {}];
    expect([a, a, b, c, a].map((who) => meets(cap, who))).toEqual([true, true, true, false, true]);
    cap.leave?.(a);
    cap.leave?.(a);
    expect([c, a].map((who) => meets(cap, who))).toEqual([true, false]);
  });
});

describe('the table of caps', () => {
  it('keeps a count as long as a fault is under it, and forgets it then', () => {
    const table = new CapTable(heldRuntime());
    const [cap] = table.of('slow', { maxInjections: 1 });
    expect(cap && [meets(cap), meets(cap)]).toEqual([true, false]);
    table.keepOnly(table.of('slow', { maxInjections: 1 }));
    expect(table.of('slow', { maxInjections: 1 })).toEqual([cap]);
    table.keepOnly([]);
    const [anew] = table.of('slow', { maxInjections: 1 });
    expect(anew && meets(anew)).toBe(true);
  });

  it('has none for a share of all requests', () => {
    expect(new CapTable(heldRuntime()).of('all', { maxShare: PPM })).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, BUCKET_COUNT } from '../../contracts/histogram.ts';
import { ArmRow, TrafficRow } from '../../contracts/telemetry.ts';
import { ArmCounters, TrafficCounters } from './counters.ts';

const event = fc.record({
  status: fc.constantFrom(0, 200, 204, 404, 499, 500, 599),
  us: fc.oneof(fc.nat(200), fc.nat(5_000_000), fc.constant(2 ** 33)),
  take: fc.boolean(),
  retries: fc.nat(3),
});

describe('the counters of a route', () => {
  it('lose nothing and count nothing twice: what was taken adds up to the totals', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const counters = new TrafficCounters('shop', 'v1', 'default');
        const rows: TrafficRow[] = [];
        const take = (): void => {
          const row = counters.take('edge');
          if (row) rows.push(TrafficRow.parse(row));
        };
        for (const { status, us, take: now, retries } of events) {
          counters.record(status, us, us, 2 * us);
          counters.retries += retries;
          counters.shielded++;
          counters.faults += 2;
          if (now) take();
          if (now) take();
        }
        const before = counters.totals();
        take();
        const after = counters.totals();
        expect(after).toEqual(before);
        const sum = (of: (row: TrafficRow) => number): number => rows.reduce((s, row) => s + of(row), 0);
        expect(sum((r) => r.retries)).toBe(after.retries);
        expect(after.requestSizes.counts.reduce((a, b) => a + b, 0)).toBe(events.length);
        expect(after.requestSizes.sum).toBe(after.latencySumUs);
        expect(after.responseSizes.sum).toBe(2 * after.latencySumUs);
        expect(sum((r) => r.shielded)).toBe(events.length);
        expect(sum((r) => r.faults)).toBe(events.length * 2);
        expect(sum((r) => r.latencySumUs)).toBe(after.latencySumUs);
        for (const status of [0, 200, 204, 404, 499, 500, 599]) {
          const expected = events.filter((e) => e.status === status).length;
          expect(sum((r) => r.codes[status] ?? 0)).toBe(expected);
          expect(after.codes.find(([code]) => code === status)?.[1] ?? 0).toBe(expected);
        }
        for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
          const taken = sum((r) => r.latency.find(([b]) => b === bucket)?.[1] ?? 0);
          if (taken !== after.latency[bucket])
            throw new Error(`bucket ${bucket}: ${taken} of ${after.latency[bucket]}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('have no row to report when nothing happened', () => {
    const counters = new TrafficCounters('shop', 'v1', 'default');
    expect(counters.take('edge')).toBeUndefined();
    counters.record(200, 1_000, 0, 0);
    expect(counters.take('edge')).toMatchObject({
      codes: { 200: 1 },
      latency: [[bucketOf(1_000), 1]],
      latencySumUs: 1_000,
    });
    expect(counters.take('edge')).toBeUndefined();
  });
});

describe('the counters of an arm', () => {
  it('add up over any number of takes', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const counters = new ArmCounters('run-1', 3, 'candidate', 50_000);
        const rows: ArmRow[] = [];
        for (const [i, { status, us, take }] of [...events, { status: -1, us: 0, take: true }].entries()) {
          if (i < events.length) counters.record(status >= 500, us);
          const row = take ? counters.take() : undefined;
          if (row) rows.push(ArmRow.parse(row));
        }
        const sum = (of: (row: ArmRow) => number): number => rows.reduce((s, row) => s + of(row), 0);
        expect(sum((r) => r.requests)).toBe(events.length);
        expect(sum((r) => r.errors)).toBe(events.filter((e) => e.status >= 500).length);
        expect(sum((r) => r.latencySumUs)).toBe(events.reduce((s, e) => s + e.us, 0));
        expect(sum((r) => r.latency.reduce((s, [, n]) => s + n, 0))).toBe(events.length);
        expect(rows.every((r) => r.epoch === 3 && r.arm === 'candidate' && r.candidatePpm === 50_000)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the counters of an arm', () => {
  it('tell every request that began once, and every one that ended once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('begin', 'end', 'take'), { maxLength: 100 }), (events) => {
        const counters = new ArmCounters('run', 1, 'candidate', 100_000);
        const rows: ArmRow[] = [];
        let begun = 0;
        let ended = 0;
        const take = (): void => {
          const row = counters.take();
          if (row) rows.push(ArmRow.parse(row));
        };
        for (const event of events) {
          if (event === 'take') take();
          else if (event === 'begin') {
            begun++;
            counters.inFlight++;
          } else if (counters.inFlight > 0) {
            ended++;
            counters.inFlight--;
            counters.record(false, 10);
          }
        }
        take();
        expect(rows.reduce((sum, row) => sum + (row.started ?? NaN), 0)).toBe(begun);
        expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(ended);
        expect(counters.take()).toBeUndefined();
      }),
    );
  });
});

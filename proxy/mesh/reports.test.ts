import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeDataplane } from '../testing/fake-dataplane.ts';
import { overlay } from '../testing/documents.ts';
import { Reports } from './reports.ts';
import type { Report } from './reports.ts';

function countOf(report: Report): number {
  return report.traffic.reduce((sum, row) => sum + (row.codes['200'] ?? 0), 0);
}

function setUp(): { dataplane: FakeDataplane; reports: Reports; at: (ms: number) => void } {
  const dataplane = new FakeDataplane();
  let nowMs = 0;
  const reports = new Reports({ dataplane, clock: { nowMs: () => nowMs }, boot: 'b' });
  return { dataplane, reports, at: (ms) => (nowMs = ms) };
}

describe('reports', () => {
  it('are due each second, and each 200 ms under an experiment', () => {
    const { dataplane, reports, at } = setUp();
    at(999);
    expect(reports.due()).toBe(false);
    dataplane.setOverlays([overlay('run')]);
    expect(reports.due()).toBe(true);
    reports.next();
    reports.confirm();
    at(999 + 199);
    expect(reports.due()).toBe(false);
    at(999 + 200);
    expect(reports.due()).toBe(true);
  });

  it('keep the pace of an experiment for the one that follows its end', () => {
    const { dataplane, reports, at } = setUp();
    dataplane.setOverlays([overlay('run')]);
    at(200);
    reports.next();
    reports.confirm();
    dataplane.setOverlays([]);
    at(400);
    expect(reports.due()).toBe(true);
    reports.next();
    reports.confirm();
    at(600);
    expect(reports.due()).toBe(false);
  });

  it('say how long they counted, also when they counted nothing', () => {
    const { reports, at } = setUp();
    at(1_500);
    expect(reports.next()).toEqual({ reportId: 'b-0', windowMs: 1_500, traffic: [], arms: [] });
  });

  it('lose no count and bring none twice, whatever connections break and whenever', () => {
    type Step = { readonly requests: number; readonly fate: 'confirmed' | 'lost' | 'pong lost' };
    const step = fc.record<Step>({
      requests: fc.integer({ min: 0, max: 9 }),
      fate: fc.constantFrom('confirmed', 'lost', 'pong lost'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { dataplane, reports } = setUp();
        let recorded = 0;
        let received = 0;
        let lastId = '';
        const send = (fate: Step['fate']): void => {
          const report = reports.next();
          if (fate !== 'lost' && report.reportId !== lastId) {
            received += countOf(report);
            lastId = report.reportId;
          }
          if (fate === 'confirmed') reports.confirm();
        };
        for (const { requests, fate } of steps) {
          dataplane.counted += requests;
          recorded += requests;
          send(fate);
        }
        send('confirmed');
        send('confirmed');
        expect(received).toBe(recorded);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToMargin, marginSteps, startMargin } from './margin.ts';
import { addCounts, startTwoArm, twoArmLogE } from './two-arm.ts';
import type { Seen } from './two-arm.ts';

const none: Seen = { requests: 0, events: 0 };
const yes: Seen = { requests: 1, events: 1 };
const no: Seen = { requests: 1, events: 0 };

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const share = fc.integer({ min: 1, max: 999_999 });
const past = fc.array(fc.record({ suspect: fc.boolean(), event: fc.boolean() }), { maxLength: 80 });

describe('two-arm process', () => {
  it('does not grow in the mean while the suspect arm is no worse, whatever was seen before', () => {
    fc.assert(
      fc.property(past, share, rate, rate, (history, ppm, a, b) => {
        const reference = Math.max(a, b);
        const suspect = Math.min(a, b);
        const rho = ppm / 1e6;
        const growth = (onReference: Seen, onSuspect: Seen): number => {
          const process = startTwoArm({ requests: 150, events: 70 });
          for (const h of history) {
            const one = h.event ? yes : no;
            addCounts(process, ppm, h.suspect ? none : one, h.suspect ? one : none);
          }
          const before = twoArmLogE(process);
          addCounts(process, ppm, onReference, onSuspect);
          return Math.exp(twoArmLogE(process) - before);
        };
        const mean =
          (1 - rho) * (reference * growth(yes, none) + (1 - reference) * growth(no, none)) +
          rho * (suspect * growth(none, yes) + (1 - suspect) * growth(none, no));
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

describe('margin process', () => {
  it('does not grow in the mean while the candidate is worse by the margin, whatever the bet', () => {
    fc.assert(
      fc.property(
        rate,
        rate,
        fc.double({ min: 0.0001, max: 0.9, noNaN: true }),
        share,
        rate,
        rate,
        (s, t, margin, ppm, x, y) => {
          const bet = [Math.min(Math.max(s, 1e-6), 1 - 1e-6), Math.min(Math.max(t, 1e-6), 1 - 1e-6)] as const;
          const step = marginSteps(bet[0], bet[1], margin, ppm);
          const baseline = x * (1 - margin);
          const candidate = baseline + margin + y * (1 - margin - baseline);
          const rho = ppm / 1e6;
          const mean =
            (1 - rho) * (baseline * Math.exp(step.referenceYes) + (1 - baseline) * Math.exp(step.referenceNo)) +
            rho * (candidate * Math.exp(step.suspectYes) + (1 - candidate) * Math.exp(step.suspectNo));
          expect(mean).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('grows when both arms are clean', () => {
    const process = startMargin(0.005);
    for (let i = 0; i < 40; i++)
      addToMargin(process, 500_000, { requests: 50, events: 0 }, { requests: 50, events: 0 });
    expect(process.logE).toBeGreaterThan(Math.log(100));
  });

  it('makes no bet when the candidate looks worse than the margin allows', () => {
    expect(marginSteps(0.01, 0.05, 0.005, 500_000)).toEqual({
      referenceYes: 0,
      referenceNo: 0,
      suspectYes: 0,
      suspectNo: 0,
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomial, seeded } from '../simulation/random.ts';
import { addEvents, attributionLogE, attributionMaxStep, RATIOS, startAttribution } from './attribution.ts';

describe('attribution of events', () => {
  it('is the mean of likelihood ratios of a known rate ratio', () => {
    const process = startAttribution();
    addEvents(process, 100_000, 3, 2);
    const byHand = RATIOS.map((r) => r ** 2 / (1 + 0.1 * (r - 1)) ** 5);
    const mean = byHand.reduce((a, b) => a + b) / RATIOS.length;
    expect(attributionLogE(process)).toBeCloseTo(Math.log(mean), 12);
  });

  it('does not grow in the mean while the candidate is no worse, whatever the share and the past', () => {
    const event = fc.record({ ppm: fc.integer({ min: 1, max: 999_999 }), onSuspect: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 20 }),
        event,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (past, { ppm }, b) => {
          const after = (onSuspect: boolean): number => {
            const process = startAttribution();
            for (const e of past) addEvents(process, e.ppm, e.onSuspect ? 0 : 1, e.onSuspect ? 1 : 0);
            const before = attributionLogE(process);
            addEvents(process, ppm, onSuspect ? 0 : 1, onSuspect ? 1 : 0);
            return Math.exp(attributionLogE(process) - before);
          };
          const rho = ppm / 1e6;
          const q = (rho * b) / (1 - rho + rho * b);
          expect(q * after(true) + (1 - q) * after(false)).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it('never grows faster in one event than it says it can', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), (ppm) => {
        const process = startAttribution();
        addEvents(process, ppm, 0, 1);
        expect(attributionLogE(process)).toBeLessThanOrEqual(attributionMaxStep(ppm));
      }),
    );
  });

  it('rolls back at most alpha of healthy candidates while shares step and the common error rate swings tenfold', () => {
    const random = seeded(11);
    const steps = [10_000, 50_000, 250_000, 500_000];
    let alarms = 0;
    for (let run = 0; run < 400; run++) {
      const process = startAttribution();
      let peak = 0;
      for (let look = 0; look < 2_000; look++) {
        const ppm = steps[Math.floor(look / 500)] ?? 500_000;
        const rate = 0.01 * 10 ** Math.sin(look / 50);
        const onCandidate = binomial(random, Math.round(100 * (ppm / 1e6)), rate);
        const onBaseline = binomial(random, Math.round(100 * (1 - ppm / 1e6)), rate);
        addEvents(process, ppm, onBaseline, onCandidate);
        peak = Math.max(peak, attributionLogE(process));
      }
      if (peak >= Math.log(20)) alarms++;
    }
    expect(alarms / 400).toBeLessThanOrEqual(0.05 + 0.03);
  });
});

import { describe, expect, it } from 'vitest';
import { lognormal } from '../../analyzer/simulation/traffic.ts';
import { canary } from '../testing/drive.ts';
import { altered, modelledArm, recordedArm } from './arm.ts';
import { simulate } from './simulate.ts';

const { document } = canary({ hold: { min: '10s', max: '60s' } });
const good = modelledArm(0.001, lognormal(20, 0.5));
const settings = { perMinute: 6_000, runs: 5, seed: 1 };

describe('simulated canaries', () => {
  it('promote a candidate as good as the baseline, and roll a bad one back', () => {
    expect(simulate(document, { baseline: good, candidate: good }, settings).verdicts).toEqual({
      PASS: 5,
      FAIL: 0,
      INCONCLUSIVE: 0,
    });
    const bad = simulate(document, { baseline: good, candidate: altered(good, 0.2, 1) }, settings);
    expect(bad.verdicts).toEqual({ PASS: 0, FAIL: 5, INCONCLUSIVE: 0 });
    expect(bad.examples.FAIL).toMatch(/^rolled back: /);
    expect(bad.candidateRequests.median).toBeLessThan(200);
    expect(bad.verdictAfterMs?.median).toBeLessThan(20_000);
  });

  it('are inconclusive where there is too little traffic', () => {
    const { verdicts } = simulate(document, { baseline: good, candidate: good }, { ...settings, perMinute: 60 });
    expect(verdicts.INCONCLUSIVE).toBe(5);
  });

  it('end even without any traffic', () => {
    const none = simulate(document, { baseline: good, candidate: good }, { ...settings, perMinute: 0, runs: 1 });
    expect(none).toMatchObject({ verdicts: { INCONCLUSIVE: 1 }, verdictAfterMs: null });
  });

  it('move a candidate back whose errors come with the whole traffic, after the promotion', () => {
    // PASS within a margin of 5 points, and then the guardrail of the watch (1 %)
    const lax = canary({
      analysis: { metrics: [{ name: 'success-rate', margin: 10 }] },
      watch: { for: '10s', maxErrors: 1 },
    });
    const worse = { baseline: modelledArm(0.03, lognormal(20, 0.5)), candidate: modelledArm(0.03, lognormal(20, 0.5)) };
    const { examples } = simulate(lax.document, worse, { ...settings, runs: 1 });
    expect(examples.FAIL).toMatch(/^moved back: /);
  });

  it('give the same numbers for the same seed', () => {
    const arms = { baseline: good, candidate: altered(good, 0.02, 1) };
    expect(simulate(document, arms, settings)).toEqual(simulate(document, arms, settings));
    expect(simulate(document, arms, { ...settings, seed: 99 })).not.toEqual(simulate(document, arms, settings));
  });

  it('can answer as recorded requests did', () => {
    const ok = recordedArm([{ failed: false, latencyUs: 9_000 }]);
    const broken = recordedArm([{ failed: true, latencyUs: 9_000 }]);
    expect(simulate(document, { baseline: ok, candidate: broken }, settings).verdicts.FAIL).toBe(5);
  });
});

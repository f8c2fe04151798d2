import { describe, expect, it } from 'vitest';
import { lognormal } from '../analyzer/simulation/traffic.ts';
import { checkDocument } from '../contracts/parse.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { comparedRows, twoArms } from './fresh-baseline.ts';
import { modelledArm } from './simulation/arm.ts';
import { simulate } from './simulation/simulate.ts';
import { canary, Drive, ID, traffic } from './testing/drive.ts';

const LATENCY = { analysis: { metrics: [{ name: 'latency', quantile: 0.95, tolerance: '20%' }] } };
const OLD = { errorRate: 0.001, latencyMs: 20 };
const YOUNG = { errorRate: 0.001, latencyMs: 40 };

/** v1 has run for weeks; v2 and v1-fresh have cold caches. */
async function begun(spec: Record<string, unknown>, candidate = YOUNG, fresh = YOUNG): Promise<Drive> {
  const drive = new Drive({ ...traffic(), of: { v1: OLD, v2: candidate, 'v1-fresh': fresh } });
  drive.world.versions = ['v1', 'v1-fresh', 'v2'];
  await drive.start({ ...LATENCY, steps: [{ weight: 10 }, { weight: 40 }], ...spec });
  return drive;
}

async function release(spec: Record<string, unknown>, candidate = YOUNG, fresh = YOUNG): Promise<Drive> {
  const drive = await begun(spec, candidate, fresh);
  await drive.until(() => drive.ended);
  return drive;
}

describe('a candidate that is young', () => {
  it('fails beside an old baseline, and passes beside one of its own age', async () => {
    expect((await release({})).view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    const drive = await release({ freshBaseline: 'v1-fresh' });
    expect(drive.view).toMatchObject({ verdict: 'PASS', phase: 'promoted' });
    expect(drive.world.stable).toBe('v2');
  });

  it('is held against the latencies of the fresh baseline, at every quantile', async () => {
    for (const quantile of [0.5, 0.95]) {
      const of = {
        freshBaseline: 'v1-fresh',
        analysis: { metrics: [{ name: 'latency', quantile, tolerance: '20%' }] },
      };
      const far = { errorRate: 0, latencyMs: 400 };
      expect((await release(of, far, far)).view.verdict).toBe('PASS');
      expect((await release(of, { errorRate: 0, latencyMs: 600 }, far)).view.verdict).toBe('FAIL');
    }
  });

  it('fails beside a fresh baseline when it is worse than that', async () => {
    const slower = await release({ freshBaseline: 'v1-fresh' }, { errorRate: 0.001, latencyMs: 80 });
    expect(slower.view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    const failing = await release(
      {
        freshBaseline: 'v1-fresh',
        analysis: { metrics: [{ name: 'success-rate', margin: 2 }], guards: { errors: false } },
      },
      { errorRate: 0.05, latencyMs: 40 },
    );
    expect(failing.view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
  });

  it('gets as many requests as the fresh baseline, and the split is still held to its weights', async () => {
    const drive = await begun({ freshBaseline: 'v1-fresh', hold: { min: '20s', max: '60s' } });
    await drive.until(() => drive.view.stepIndex === 1);
    const { v1 = 0, v2 = 0, 'v1-fresh': fresh = 0 } = drive.served;
    expect(Math.abs(fresh - v2)).toBeLessThan(0.15 * v2);
    expect(v1).toBeGreaterThan(v2);
    expect(drive.view.judgement.guards?.map((guard) => guard.verdict)).toEqual(['PASS', 'PASS', 'PASS', 'PASS']);
    expect(drive.world.entries(ID).find((entry) => entry.type === 'step')?.message).toBe(
      'step 1 of 2: 10 % to v2, beside as much to v1-fresh',
    );
  });

  it('is refused beside a version that is not there', async () => {
    const drive = new Drive();
    await expect(drive.start({ freshBaseline: 'v1-fresh' })).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });
});

describe('the rows of three arms', () => {
  const row = (arm: ArmRow['arm'], candidatePpm = 100_000): ArmRow => ({
    experimentId: ID,
    epoch: 1,
    arm,
    candidatePpm,
    requests: 1,
    errors: 0,
    shielded: 0,
    latencySumUs: 0,
    latency: [],
  });

  it('are compared at even shares, without the old baseline and without the measurement', () => {
    const { document } = canary({ freshBaseline: 'v1-fresh' });
    const rows = [row('baseline'), row('fresh'), row('candidate'), row('baseline', 0)];
    expect(comparedRows(document.spec, rows)).toEqual([row('baseline', 500_000), row('candidate', 500_000)]);
    expect(twoArms(rows).map(({ arm }) => arm)).toEqual(['baseline', 'baseline', 'candidate', 'baseline']);
  });

  it('come out even in a simulation too', () => {
    const { document } = canary({ freshBaseline: 'v1-fresh', steps: [{ weight: 10 }, { weight: 40 }] });
    const good = modelledArm(0.001, lognormal(20, 0.5));
    const bad = modelledArm(0.1, lognormal(20, 0.5));
    const settings = { perMinute: 6_000, runs: 3, seed: 1 };
    expect(simulate(document, { baseline: good, candidate: good }, settings).verdicts.PASS).toBe(3);
    expect(simulate(document, { baseline: good, candidate: bad }, settings).verdicts.FAIL).toBe(3);
  });
});

describe('the document', () => {
  const problems = (spec: Record<string, unknown>): string => {
    const checked = checkDocument({
      apiVersion: 'meshproof.dev/v1',
      kind: 'Canary',
      metadata: { name: 'reviews-v2' },
      spec: { service: 'reviews', baseline: 'v1', candidate: 'v2', ...spec },
    });
    return checked.ok ? '' : JSON.stringify(checked);
  };

  it('has room for both, and three versions', () => {
    expect(problems({ freshBaseline: 'v1-fresh', steps: [{ weight: 50 }] })).toBe('');
    expect(problems({ freshBaseline: 'v1-fresh', steps: [{ weight: 51 }] })).toContain(
      'no step may go above 50 percent',
    );
    expect(problems({ freshBaseline: 'v1' })).toContain('a version of its own');
  });
});

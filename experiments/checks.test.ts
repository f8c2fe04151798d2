import { describe, expect, it } from 'vitest';
import { Drive, traffic } from './testing/drive.ts';

const check = {
  name: 'queue',
  provider: { web: { url: 'http://q/{{candidate}}', jsonPath: '$.n' } },
  range: { max: 5 },
};
const spec = (more: Record<string, unknown> = {}) => ({
  analysis: { metrics: [{ name: 'success-rate', margin: 2 }], checks: [{ ...check, interval: '1s', ...more }] },
});

async function ended(drive: Drive, document: Record<string, unknown>): Promise<Drive['view']> {
  await drive.start(document);
  await drive.until(() => drive.ended);
  return drive.view;
}

describe('checks of a canary', () => {
  it('let it pass when they hold', async () => {
    const drive = new Drive();
    drive.world.answer = () => ({ value: 3, why: '' });
    const view = await ended(drive, spec({ count: 3 }));
    expect(view).toMatchObject({ verdict: 'PASS', phase: 'promoted' });
    expect(view.judgement.checks?.[0]).toMatchObject({ name: 'queue', verdict: 'PASS', value: 3, failed: 0 });
    expect(view.judgement.checks?.[0]?.measurements).toBeGreaterThanOrEqual(3);
  });

  it('roll it back when one is broken, and say which', async () => {
    const drive = new Drive();
    drive.world.answer = () => ({ value: 9, why: '' });
    const view = await ended(drive, spec({ failureLimit: 1 }));
    expect(view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(view.reason).toContain('queue: 2 of 2 answers out of [-inf, 5], 1 allowed');
    expect(drive.world.overlays.size).toBe(0);
  });

  it('never fail it for want of data: it ends inconclusive', async () => {
    const drive = new Drive();
    drive.world.answer = () => ({ value: null, why: 'connection refused' });
    const view = await ended(drive, { ...spec(), hold: { min: '2s', max: '20s' } });
    expect(view).toMatchObject({ verdict: 'INCONCLUSIVE', phase: 'rolled-back' });
    expect(view.reason).toContain('no data (connection refused)');
  });

  it('do not hide that the metrics failed', async () => {
    const drive = new Drive(traffic({ v2: { errorRate: 0.3 } }));
    drive.world.answer = () => ({ value: 3, why: '' });
    expect((await ended(drive, spec())).reason).not.toContain('queue');
    expect(drive.view.verdict).toBe('FAIL');
  });

  it('are not asked before the first step, nor after the end', async () => {
    const drive = new Drive();
    drive.world.answer = () => ({ value: 3, why: '' });
    await drive.start({ ...spec(), measure: '10s' });
    await drive.run(8_000);
    expect([drive.view.phase, drive.world.asked]).toEqual(['measuring', 0]);
    await drive.until(() => drive.ended);
    const { asked } = drive.world;
    await drive.run(5_000);
    expect(asked).toBeGreaterThan(0);
    expect(drive.world.asked).toBe(asked);
  });

  it('survive a restart of the control plane with what they counted', async () => {
    const drive = new Drive();
    drive.world.answer = () => ({ value: 3, why: '' });
    await drive.start({ ...spec(), hold: { min: '20s', max: '60s' } });
    await drive.until(() => (drive.view.judgement.checks?.[0]?.measurements ?? 0) >= 5);
    await drive.run(3_000);
    await drive.restart(500);
    await drive.tick();
    expect(drive.view.judgement.checks?.[0]?.measurements).toBeGreaterThanOrEqual(5);
  });
});

describe("checks of the arms' own requests", () => {
  const own = (check: Record<string, unknown>) => ({
    analysis: {
      guards: { errors: false },
      metrics: [{ name: 'latency' }],
      checks: [{ name: 'own', interval: '1s', ...check }],
    },
  });

  it('hold the candidate to a fixed range', async () => {
    const drive = new Drive(traffic({ v2: { errorRate: 0.3 } }));
    const view = await ended(drive, own({ metric: { name: 'success-rate' }, range: { min: 90 } }));
    expect(view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(view.reason).toContain('own: 1 of 1 answers out of [90, inf]');
  });

  it('measure latency in milliseconds', async () => {
    const drive = new Drive();
    const view = await ended(drive, own({ metric: { name: 'latency', quantile: 0.5 }, range: { max: 25 }, count: 2 }));
    expect(view.verdict).toBe('PASS');
    expect(view.judgement.checks?.[0]?.value).toBeCloseTo(20, 0);
    expect(drive.world.asked).toBe(0);
  });

  it('count an interval without requests neither way', async () => {
    const drive = new Drive(traffic({}, 5));
    const limits = { metric: { name: 'success-rate' }, range: { min: 0 }, interval: '200ms', count: 1_000 };
    const view = await ended(drive, { ...own(limits), hold: { min: '2s', max: '20s' } });
    expect(view.verdict).toBe('INCONCLUSIVE');
    const { measurements = 0, failed } = view.judgement.checks?.[0] ?? {};
    expect(failed).toBe(0);
    expect(measurements).toBeGreaterThan(0);
    expect(measurements).toBeLessThan(60);
  });

  it('compare the arms as Kayenta does, and say so', async () => {
    const drive = new Drive(traffic({ v2: { errorRate: 0.3 } }));
    const view = await ended(
      drive,
      own({ judge: 'kayenta', metric: { name: 'success-rate' }, kayenta: { points: 10 } }),
    );
    expect(view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(view.reason).toContain('own: 1 of 1 judgements against it, 0 allowed; the last: Low');
    expect(view.judgement.checks?.[0]?.baseline).toBeGreaterThan(99);
  });

  it('let a healthy candidate pass, with points of every step', async () => {
    const drive = new Drive(traffic({ v1: { errorRate: 0.02 }, v2: { errorRate: 0.02 } }));
    const kayenta = { judge: 'kayenta', metric: { name: 'success-rate' }, kayenta: { points: 10 }, count: 2 };
    const view = await ended(drive, own(kayenta));
    expect(view.verdict).toBe('PASS');
    expect(view.judgement.checks?.[0]).toMatchObject({ verdict: 'PASS', failed: 0, measurements: 2 });
  });
});

describe("Kayenta's judge of a provider", () => {
  const asking = {
    name: 'queue',
    judge: 'kayenta',
    provider: { web: { url: 'http://q/{{version}}', jsonPath: '$.n' } },
    kayenta: { points: 8, direction: 'increase' },
    interval: '1s',
  };
  const spec = { analysis: { metrics: [{ name: 'success-rate', margin: 2 }], checks: [asking] } };

  it('asks both arms, and fails the one that is worse', async () => {
    const drive = new Drive();
    drive.world.answer = ({ version }) => ({
      value: (version === 'v2' ? 20 : 10) + (drive.world.asked % 5) / 10,
      why: '',
    });
    const view = await ended(drive, spec);
    expect(view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(view.reason).toContain('the last: High');
  });

  it('judges nothing while one arm has no data', async () => {
    const drive = new Drive();
    drive.world.answer = ({ version }) => ({ value: version === 'v2' ? 20 : null, why: 'no series' });
    const view = await ended(drive, { ...spec, hold: { min: '2s', max: '20s' } });
    expect(view.verdict).toBe('INCONCLUSIVE');
    expect(view.reason).toContain('the last: Nodata: no data in control');
  });
});

import { describe, expect, it } from 'vitest';
import { Drive, ID, traffic } from './testing/drive.ts';
import type { Traffic } from './testing/drive.ts';

/** Runs a release that is judged by latency alone, so that only a guard can see the rest. */
async function release(load: Traffic, spec: Record<string, unknown> = {}, kind: 'Canary' | 'BlueGreen' = 'Canary') {
  const drive = new Drive(load);
  await drive.start({ analysis: { metrics: [{ name: 'latency' }] }, ...spec }, kind);
  await drive.until(() => drive.ended);
  return drive;
}

const guard = (drive: Drive, name: string) => drive.view.judgement.guards?.find((g) => g.name === name);
const verdictEntry = (drive: Drive) => drive.world.entries(ID).find((entry) => entry.type === 'verdict');

describe('the guards of a release', () => {
  it('let a healthy one pass, and say that they hold', async () => {
    const drive = await release(traffic());
    expect(drive.view.verdict).toBe('PASS');
    expect(drive.view.judgement.guards?.map((g) => `${g.name} ${g.verdict}`)).toEqual([
      'errors PASS',
      'throughput PASS',
      'saturation PASS',
      'sample-ratio PASS',
    ]);
  });

  it('roll back a candidate that fails more than any may, with their name in the journal', async () => {
    const drive = await release(traffic({ v2: { errorRate: 0.4 } }));
    expect(drive.view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(drive.view.reason).toMatch(/^rolled back: guard errors: \d+ of \d+ candidate requests failed, 5 % may/);
    expect(verdictEntry(drive)?.data).toMatchObject({ guard: 'errors', verdict: 'FAIL' });
  });

  it('do not blame the candidate for errors that both arms have', async () => {
    const both = { errorRate: 0.2 };
    const drive = await release(traffic({ v1: both, v2: both }), { watch: { for: '3s', maxErrors: 50 } });
    expect(drive.view.verdict).toBe('PASS');
  });

  it('roll back a candidate that answers nothing', async () => {
    const drive = await release(traffic({ v2: { hangRate: 1 } }));
    expect(drive.view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(guard(drive, 'throughput')?.rule).toContain('the candidate answered 0 of');
    expect(verdictEntry(drive)?.data).toMatchObject({ guard: 'throughput' });
  });

  it('roll back a candidate in which requests pile up', async () => {
    const drive = await release(traffic({ v2: { hangRate: 0.2 } }), { hold: { min: '40s', max: '60s' } });
    expect(drive.view).toMatchObject({ verdict: 'FAIL', phase: 'rolled-back' });
    expect(verdictEntry(drive)?.data).toMatchObject({ guard: 'saturation' });
  });

  it('end it INCONCLUSIVE when requests are not divided as the weight says, and never promote on that', async () => {
    const load = { ...traffic({}, 1_000), skew: 0.8 };
    const drive = await release(load, { onInconclusive: 'promote' });
    expect(drive.view).toMatchObject({ verdict: 'INCONCLUSIVE', phase: 'rolled-back' });
    expect(verdictEntry(drive)?.data).toMatchObject({ guard: 'sample-ratio', verdict: 'INCONCLUSIVE' });
  });

  it('leave the split alone where users stay on their arm', async () => {
    const load = { ...traffic({}, 1_000), skew: 0.8 };
    const drive = await release(load, { sticky: { cookie: 'user' } });
    expect(drive.view.verdict).toBe('PASS');
    expect(guard(drive, 'sample-ratio')).toBeUndefined();
  });

  it('are off where the document says so', async () => {
    const guards = { errors: false, throughput: false, saturation: false, sampleRatio: false };
    const analysis = { metrics: [{ name: 'latency' }], guards };
    const drive = await release(traffic({ v2: { errorRate: 0.3 } }), {
      analysis,
      watch: { for: '3s', maxErrors: 100 },
    });
    expect(drive.view).toMatchObject({ verdict: 'PASS', phase: 'promoted' });
    expect(drive.view.judgement.guards).toEqual([]);
  });

  it('watch a blue-green release after the switch, where there is no baseline', async () => {
    const load = traffic();
    load.previewRps = 50;
    const drive = new Drive(load);
    await drive.start({ guardrails: [{ name: 'latency', max: '5s' }] }, 'BlueGreen');
    await drive.until(() => drive.view.phase === 'switched');
    load.of['v2'] = { errorRate: 0.6, latencyMs: 20 };
    await drive.until(() => drive.ended);
    expect(drive.view.reason).toContain('guard errors');
  });
});

import { describe, expect, it } from 'vitest';
import type { ArmRow } from '../contracts/telemetry.ts';
import { guardEvidence, NO_GUARD_COUNTS, takeGuards } from './guards.ts';
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

describe('one client that fails again and again', () => {
  const kept = { errors: { max: 50_000 }, throughput: false, saturation: false, sampleRatio: false } as const;
  const verdict = (clients: [string, number, number][]) => {
    const origins = { clients, endpoints: [] };
    const [requests, errors] = [1, 2].map((at) => clients.reduce((sum, c) => sum + Number(c[at]), 0));
    const row: ArmRow = {
      ...{
        experimentId: ID,
        epoch: 1,
        arm: 'candidate',
        candidatePpm: 100_000,
        shielded: 0,
        latencySumUs: 0,
        latency: [],
      },
      ...{ requests: requests ?? 0, errors: errors ?? 0, origins },
    };
    const counts = takeGuards(kept, NO_GUARD_COUNTS, [row], 1, null);
    return guardEvidence(kept, counts)[0]?.verdict;
  };
  const others = (errors: number) =>
    Array.from({ length: 9 }, (_, i): [string, number, number] => [`${i}`, 90, errors]);

  it('does not cross the limit of errors, and the same errors of all clients do', () => {
    expect(verdict([['bad', 90, 90], ...others(0)])).toBe('PASS');
    expect(verdict([['bad', 90, 9], ...others(9)])).toBe('FAIL');
  });
});

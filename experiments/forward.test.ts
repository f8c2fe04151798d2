import { describe, expect, it } from 'vitest';
import { checkDocument } from '../contracts/parse.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { Drive, ID, traffic } from './testing/drive.ts';

/** The world begins on Thursday, 2026-01-01, 00:00 UTC. */
const OPENS_AT_TWO = { windows: [{ from: '02:00', to: '05:00' }] };
const HOUR = 3_600_000;
const fail = (drive: Drive): unknown => Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.5 } }).of);

async function started(spec: Record<string, unknown>, kind: 'Canary' | 'BlueGreen' | 'ABTest' = 'Canary') {
  const drive = new Drive({ ...traffic(), previewRps: 20 });
  await drive.start(spec, kind);
  return drive;
}

describe('a release outside of its windows', () => {
  it('takes no step, says when it opens, and goes on by itself then, with its deadline untouched', async () => {
    const drive = await started({ ...OPENS_AT_TWO, deadline: '2m' });
    await drive.until(() => drive.view.waitsFor === 'window', 60_000);
    expect(drive.view).toMatchObject({ phase: 'measuring', verdict: 'PENDING', intendedPpm: 0 });
    expect(drive.view.reason).toBe(
      'step 1 waits for its window: outside of its windows; it opens 2026-01-01 02:00 (UTC)',
    );
    expect(gateStatus(drive.view).status).toBe('PAUSED');
    await drive.run(3 * 60_000);
    expect(drive.view.waitsFor).toBe('window');
    expect(drive.types().filter((type) => type === 'waiting')).toHaveLength(1);
    drive.world.wallMs = Date.parse('2026-01-01T02:00:00Z');
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS', waitsFor: null });
    for (const type of drive.types()) expect(JOURNAL_TYPES).toHaveProperty(type);
  });

  it('stays at its step when the window closes meanwhile', async () => {
    const drive = await started({ windows: [{ from: '00:00', to: '00:01' }], hold: { min: '50s', max: '90s' } });
    await drive.until(() => drive.view.waitsFor === 'window', 180_000);
    expect(drive.view).toMatchObject({ phase: 'stepping', stepIndex: 1, intendedPpm: 500_000 });
    expect(drive.view.reason).toMatch(/^the promotion waits for its window: .* opens 2026-01-02 00:00/);
  });

  it('is rolled back at once when it fails', async () => {
    const drive = await started({ windows: [{ from: '00:00', to: '00:01' }], hold: { min: '50s', max: '90s' } });
    await drive.until(() => drive.view.waitsFor === 'window', 180_000);
    fail(drive);
    expect(await drive.until(() => drive.ended, 60_000)).toBeLessThan(5_000);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', waitsFor: null });
    expect(drive.world.stable).toBe('v1');
  });

  it('is not promoted by what the document says of INCONCLUSIVE either', async () => {
    const freeze = { from: '2026-01-01T00:00', to: '2026-01-03', reason: 'holidays' };
    const spec = { freezes: [freeze], onInconclusive: 'promote', deadline: '20s' };
    const drive = new Drive(traffic({}, 0));
    await drive.start(spec);
    await drive.run(60_000);
    expect(drive.view).toMatchObject({ waitsFor: 'window', verdict: 'PENDING' });
    expect(drive.view.reason).toContain('the promotion waits for its window: frozen until 2026-01-03 (holidays)');
    drive.world.wallMs = Date.parse('2026-01-04T00:00:00Z');
    drive.traffic.rps = 200;
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'INCONCLUSIVE' });
  });

  it('may be promoted by a person, and the journal says that it was closed', async () => {
    const drive = await started({ ...OPENS_AT_TWO });
    await drive.until(() => drive.view.waitsFor === 'window', 60_000);
    await drive.runner.promote('reviews-v2', 'ada', 'urgent fix');
    const entry = drive.world.entries(ID).find(({ type }) => type === 'promote');
    expect(entry?.message).toBe(
      'promoted by ada (outside of its windows; it opens 2026-01-01 02:00 (UTC)): urgent fix',
    );
  });

  it('waits on after a restart of the control plane, however long that took', async () => {
    const drive = await started({ ...OPENS_AT_TWO, deadline: '2m' });
    await drive.until(() => drive.view.waitsFor === 'window', 60_000);
    await drive.restart(HOUR);
    await drive.run(5_000);
    expect(drive.view).toMatchObject({ phase: 'measuring', waitsFor: 'window' });
    await drive.restart(HOUR);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });

  it('is previewed as a BlueGreen, and not switched', async () => {
    const drive = await started(OPENS_AT_TWO, 'BlueGreen');
    await drive.run(60_000);
    expect(drive.view).toMatchObject({ phase: 'previewing', waitsFor: 'window' });
    drive.world.wallMs = Date.parse('2026-01-01T02:00:00Z');
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });

  it('is tested as an ABTest, and its winner is not promoted', async () => {
    const drive = new Drive(traffic({ v1: { goalRate: 0.1 }, v2: { goalRate: 0.3 } }));
    await drive.start({ ...OPENS_AT_TWO, promote: 'winner' }, 'ABTest');
    await drive.until(() => drive.view.waitsFor === 'window', 120_000);
    expect(drive.view.reason).toMatch(/^the promotion of v2 waits for its window/);
    drive.world.wallMs = Date.parse('2026-01-01T02:00:00Z');
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });
});

describe('an approval', () => {
  const STEP = { steps: [{ weight: 10 }, { weight: 50, approval: true }] };

  it('is waited for before the step that asks for it; who gave it, and why, stands in the journal', async () => {
    const drive = await started(STEP);
    await drive.until(() => drive.view.waitsFor === 'approval', 60_000);
    expect(drive.view).toMatchObject({ stepIndex: 0, reason: expect.stringMatching(/^step 2 waits for a person/) });
    await drive.run(30_000);
    expect(drive.view.stepIndex).toBe(0);
    await drive.runner.approve('reviews-v2', 'ada', 'looks well');
    expect(drive.view).toMatchObject({ stepIndex: 1, waitsFor: null });
    const entry = drive.world.entries(ID).find(({ type }) => type === 'approved');
    expect(entry).toMatchObject({ message: 'approved by ada: looks well', data: { by: 'ada', reason: 'looks well' } });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });

  it('counts for one step only', async () => {
    const drive = await started({ ...STEP, approval: true });
    await drive.until(() => drive.view.waitsFor === 'approval', 60_000);
    await drive.runner.approve('reviews-v2', 'ada', 'on');
    await drive.until(() => drive.view.waitsFor === 'approval', 120_000);
    expect(drive.view).toMatchObject({
      stepIndex: 1,
      reason: expect.stringMatching(/^the promotion waits for a person/),
    });
    await expect(drive.runner.pause('reviews-v2', 'ada', 'stop')).resolves.toMatchObject({ pausedBy: 'ada' });
  });

  it('that does not come in its time rolls back, INCONCLUSIVE, whatever onInconclusive says', async () => {
    const drive = await started({ ...STEP, approvalTimeout: '30s', onInconclusive: 'promote' });
    await drive.until(() => drive.view.waitsFor === 'approval', 60_000);
    expect(await drive.until(() => drive.ended)).toBeGreaterThan(29_000);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(drive.view.reason).toMatch(/^rolled back: nobody approved within 30s: step 2 waits/);
    expect(drive.world.stable).toBe('v1');
  });

  it('that does not come before the deadline does not come after it', async () => {
    const drive = await started({ approval: true, deadline: '60s', onInconclusive: 'promote' });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(drive.view.reason).toMatch(/^rolled back: nobody approved the promotion in time: the deadline of 1m came/);
  });

  it('that is missing at the deadline is named in the reason', async () => {
    const drive = await started({ approval: true, deadline: '60s' });
    await drive.until(() => drive.ended);
    expect(drive.view.reason).toMatch(/^rolled back: the promotion waits for a person to approve it.*; the deadline/);
  });

  it('is refused while nothing waits for it', async () => {
    const drive = await started({});
    await drive.until(() => drive.view.phase === 'stepping');
    await expect(drive.runner.approve('reviews-v2', 'ada', 'go')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(drive.types()).not.toContain('approved');
  });

  it('survives a restart of the control plane', async () => {
    const drive = await started(STEP);
    await drive.until(() => drive.view.waitsFor === 'approval', 60_000);
    await drive.restart(1_000);
    expect(drive.view.waitsFor).toBe('approval');
    await drive.runner.approve('reviews-v2', 'ada', 'on');
    expect(drive.view.stepIndex).toBe(1);
  });

  it('has a time-out only where something waits for it', () => {
    const versions = { service: 'reviews', baseline: 'v1', candidate: 'v2' };
    const of = (spec: Record<string, unknown>) =>
      checkDocument({
        apiVersion: 'meshproof.dev/v1',
        kind: 'Canary',
        metadata: { name: 'x' },
        spec: { ...versions, ...spec },
      });
    expect(JSON.stringify(of({ approvalTimeout: '5m' }))).toContain('nothing here waits for an approval');
    expect(of({ approvalTimeout: '5m', approval: true }).ok).toBe(true);
  });
});

describe('a pause', () => {
  it('keeps the step, and lets it go on where it stood', async () => {
    const drive = await started({ hold: { min: '10s', max: '60s' } });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.run(5_000);
    await drive.runner.pause('reviews-v2', 'ada', 'lunch');
    await drive.run(60_000);
    expect(drive.view).toMatchObject({ stepIndex: 0, pausedBy: 'ada', waitsFor: 'resume' });
    expect(drive.view.reason).toContain('ada has paused it');
    await drive.runner.unpause('reviews-v2', 'bob', 'back');
    expect(await drive.until(() => drive.view.stepIndex === 1, 60_000)).toBeGreaterThan(4_000);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS', pausedBy: null });
  });

  it('does not keep a candidate that fails', async () => {
    const drive = await started({});
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.runner.pause('reviews-v2', 'ada', 'lunch');
    fail(drive);
    await drive.until(() => drive.ended, 60_000);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
  });

  it('is refused twice, and so is its end', async () => {
    const drive = await started({});
    await drive.runner.pause('reviews-v2', 'ada', 'lunch');
    await expect(drive.runner.pause('reviews-v2', 'bob', 'too')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await drive.runner.unpause('reviews-v2', 'ada', 'back');
    await expect(drive.runner.unpause('reviews-v2', 'bob', 'too')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

import { describe, expect, it } from 'vitest';
import { Drive, ID, traffic } from './testing/drive.ts';

const steps = [{ weight: 10 }, { weight: 20 }, { weight: 50 }];
/** The weights that were laid over the traffic, in percent, in their order. */
const weights = (drive: Drive): unknown[] =>
  drive.world
    .entries(ID)
    .filter((entry) => entry.type === 'step')
    .map((entry) => /: (\S+) % to v2$/.exec(entry.message)?.[1]);

describe('the steps of a canary', () => {
  it('last as long as each of them says', async () => {
    const drive = new Drive();
    await drive.start({ steps: [{ weight: 10, hold: '20s' }, { weight: 20, hold: '5s' }, { weight: 50 }] });
    await drive.until(() => drive.view.phase === 'stepping');
    const first = await drive.until(() => drive.view.stepIndex === 1);
    const second = await drive.until(() => drive.view.stepIndex === 2);
    expect([Math.round(first / 1_000), Math.round(second / 1_000)]).toEqual([20, 5]);
  });

  it('are left only when enough of their requests have ended', async () => {
    const drive = new Drive(traffic({}, 100));
    await drive.start({ steps: [{ weight: 10 }, { weight: 50 }], hold: { min: '2s', max: '60s', requests: 200 } });
    await drive.until(() => drive.view.phase === 'stepping');
    // 10 of 100 a second: 200 take about 20 s, ten times as long as hold.min
    expect(await drive.until(() => drive.view.stepIndex === 1)).toBeGreaterThan(15_000);
    expect(drive.view.totals.candidateRequests).toBeGreaterThanOrEqual(200);
    expect(drive.types()).not.toContain('no-traffic');
  });

  it('carry the testers and the key that keeps a user on one arm', async () => {
    const drive = new Drive();
    const preview = { headers: { 'x-tester': { present: true } } };
    await drive.start({ steps, sticky: { cookie: 'user' }, preview });
    await drive.until(() => drive.view.phase === 'measuring');
    expect(drive.world.overlays.get(ID)?.preview).toBeUndefined();
    for (const index of [0, 1, 2]) {
      await drive.until(() => drive.view.phase === 'stepping' && drive.view.stepIndex === index);
      expect(drive.world.overlays.get(ID)).toMatchObject({ sticky: { cookie: 'user' }, preview });
    }
  });
});

describe('a cookie that new users are given', () => {
  it('is given while two arms have users, and neither before nor after', async () => {
    const drive = new Drive();
    await drive.start({ steps, sticky: { cookie: 'user', give: '1d' } });
    const given = (): unknown => drive.world.overlays.get(ID)?.giveCookieS;
    await drive.until(() => drive.view.phase === 'measuring');
    expect([drive.world.overlays.get(ID)?.sticky, given()]).toEqual([{ cookie: 'user' }, undefined]);
    await drive.until(() => drive.view.phase === 'stepping');
    expect(given()).toBe(86_400);
    await drive.until(() => drive.view.phase === 'watching');
    await drive.run(500);
    expect(given()).toBeUndefined();
  });

  it('is given in a BlueGreen while a share is verified', async () => {
    const drive = new Drive();
    const verify = { share: 20, min: '2s', max: '60s' };
    await drive.start({ sticky: { cookie: 'user', give: '1h' }, preview: undefined, verify }, 'BlueGreen');
    await drive.until(() => drive.view.phase === 'previewing');
    expect(drive.world.overlays.get(ID)?.giveCookieS).toBe(3_600);
    await drive.until(() => drive.view.phase === 'switched');
    expect(drive.world.overlays.get(ID)?.giveCookieS).toBeUndefined();
  });
});

describe('an early promotion', () => {
  const quick = { earlyPromotion: true, steps, hold: { min: '2s', max: '60s' } };

  it('leaves out the steps that a safe candidate does not need any more', async () => {
    const drive = new Drive(traffic({}, 2_000));
    await drive.start(quick);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(weights(drive)).not.toContain('50');
    const promote = drive.world.entries(ID).find((entry) => entry.type === 'promote');
    expect(promote?.message).toMatch(/^promoted early, from \d0 %: success-rate: /);
  });

  it('is none where the document does not ask for it', async () => {
    const drive = new Drive(traffic({}, 2_000));
    await drive.start({ ...quick, earlyPromotion: false });
    await drive.until(() => drive.ended);
    expect(weights(drive)).toEqual(['10', '20', '50']);
  });

  it('does not go past a step that a person approves', async () => {
    const drive = new Drive(traffic({}, 2_000));
    await drive.start({ ...quick, steps: [{ weight: 10 }, { weight: 20 }, { weight: 50, approval: true }] });
    await drive.until(() => drive.view.waitsFor === 'approval');
    expect(drive.view).toMatchObject({ stepIndex: 1, verdict: 'PENDING' });
    expect(drive.view.reason).toContain('step 3 waits for a person');
  });

  it('needs the hold of its step all the same', async () => {
    const drive = new Drive(traffic({}, 2_000));
    await drive.start({ ...quick, steps: [{ weight: 10, hold: '30s' }, { weight: 50 }] });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.until(() => drive.view.judgement.verdict === 'PASS');
    expect(drive.view.phase).toBe('stepping');
    await drive.until(() => drive.ended);
    expect(weights(drive)).toEqual(['10']);
  });
});

describe('the guardrails of a step', () => {
  const limited = (max: string) => [
    { weight: 10, guardrails: [{ name: 'latency', quantile: 0.5, max }] },
    { weight: 50 },
  ];

  it('end the run at their step, whatever the baseline does', async () => {
    const slow = { latencyMs: 300 };
    const drive = new Drive(traffic({ v1: slow, v2: slow }));
    await drive.start({ steps: limited('200ms') });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', stepIndex: 0 });
    expect(drive.view.reason).toMatch(
      /^rolled back: latency p50: \d+ of \d+ requests took longer than 200ms, more than 50 % may at step 1$/,
    );
  });

  it('are no matter of the other steps', async () => {
    const drive = new Drive();
    await drive.start({ steps: limited('200ms') });
    await drive.until(() => drive.view.stepIndex === 1);
    Object.assign(drive.traffic.of, traffic({ v1: { latencyMs: 300 }, v2: { latencyMs: 300 } }).of);
    await drive.until(() => drive.ended);
    expect(drive.view.verdict).toBe('PASS');
  });

  it('begin when the step is warm', async () => {
    const drive = new Drive(traffic({ v2: { latencyMs: 300 } }));
    const metrics = [{ name: 'success-rate', margin: 2 }];
    await drive.start({
      steps: limited('200ms'),
      analysis: { warmup: '10s', metrics },
      hold: { min: '30s', max: '60s' },
    });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.run(9_000);
    expect(drive.view.verdict).toBe('PENDING');
    Object.assign(drive.traffic.of, traffic().of);
    await drive.until(() => drive.view.stepIndex === 1);
    expect(drive.view.verdict).toBe('PENDING');
  });
});

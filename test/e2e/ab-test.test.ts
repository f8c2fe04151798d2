/** An A/B test with real processes: users by cookie, goals from answers and over the API, and a control plane that is killed. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const spec = {
  service: 'reviews',
  arms: [
    { version: 'v1', weight: 1 },
    { version: 'v2', weight: 1 },
  ],
  key: { cookie: 'visitor' },
  goals: [{ name: 'signup' }, { name: 'complaint', better: 'lower' }],
  lease: '2s',
  deadline: '3m',
  run: { min: '3s', max: '90s' },
  watch: { for: '1s', maxErrors: 50 },
};

describe('an A/B test among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  it('finds the arm that its users like better, through the death of its control plane, and promotes it', async () => {
    // Each user comes twice.
    mesh = await Mesh.start(150, (n) => ({ cookie: `visitor=user-${Math.floor(n / 2)}` }));
    mesh.v1.goalRate = 0.3;
    mesh.v2.goalRate = 0.9;
    await mesh.runKind('ABTest', { ...spec, promote: 'winner', run: { min: '6s', max: '90s' } });
    await mesh.viewWhere((v) => v.totals.candidateRequests > 50);
    await mesh.killControl();
    await mesh.startControl();
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 90_000);
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS', haltedBy: null });
    expect(view.judgement.arms?.winner).toBe('v2');
    const [first, second] = view.judgement.arms?.arms ?? [];
    for (const arm of [first, second]) expect(arm?.users).toBeLessThan(0.8 * (arm?.requests ?? 0));
    expect(first?.requests, 'nothing is counted twice').toBeLessThanOrEqual(mesh.v1.served);
    expect(second?.goals[0]?.count).toBeLessThanOrEqual(mesh.v2.goals);
    expect(view.judgement.arms?.sampleRatio.eValue).toBeLessThan(100);
    expect(await mesh.stable()).toBe('v2');
    expect(mesh.users.lost).toEqual([]);
  });

  it('counts what it is told of users whom it has seen, and keeps goals from them', async () => {
    mesh = await Mesh.start(100, (n) => ({ cookie: `visitor=user-${n}` }));
    mesh.v1.goalRate = mesh.v2.goalRate = 0.5;
    await mesh.runKind('ABTest', { ...spec, run: { min: '60s', max: '90s' } });
    await mesh.viewWhere((v) => v.totals.candidateRequests > 100);
    const seen = mesh.users.goalsSeen;
    await expect.poll(() => mesh.reportGoal({ goal: 'complaint', key: 'user-200' })).toMatchObject({ counted: true });
    expect(await mesh.reportGoal({ goal: 'complaint', key: 'nobody' })).toMatchObject({ counted: false });
    expect(await mesh.reportGoal({ goal: 'other', key: 'user-200' })).toMatchObject({
      error: { code: 'REQUEST_INVALID' },
    });
    const view = await mesh.viewWhere((v) => (v.judgement.arms?.arms ?? []).some((arm) => arm.goals[1]?.count === 1));
    expect(view).toMatchObject({ kind: 'ABTest', phase: 'testing', verdict: 'PENDING' });
    expect(mesh.users.goalsSeen, 'the header goes no further than the proxy').toBe(seen);
    expect(mesh.users.lost).toEqual([]);
  });
});

/** What a release waits for, with real processes: a freeze, a person, and a control plane that is killed meanwhile. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const spec = {
  measure: '1s',
  steps: [{ weight: 20 }, { weight: 50, approval: true }],
  hold: { min: '1s', max: '60s' },
  lease: '2s',
  deadline: '3m',
  watch: { for: '1s', maxErrors: 50 },
  analysis: { metrics: [{ name: 'success-rate', margin: 5 }] },
};
const DAY_MS = 86_400_000;
const dateIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

describe('a release that waits, among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  it('goes on when a person approves, through the death of its control plane', async () => {
    mesh = await Mesh.start(150);
    await mesh.run(spec);
    await mesh.viewWhere((v) => v.waitsFor === 'approval');
    await mesh.killControl();
    await mesh.startControl();
    const waiting = await mesh.viewWhere((v) => v.waitsFor === 'approval');
    expect(waiting).toMatchObject({ phase: 'stepping', stepIndex: 0, intendedPpm: 200_000 });
    expect(await mesh.decide('approve', 'seen on staging')).toMatchObject({ stepIndex: 1 });
    expect(await mesh.decide('approve', 'again')).toMatchObject({ error: { code: 'REQUEST_INVALID' } });
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 90_000);
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    const approved = (await mesh.journal()).filter(({ type }) => type === 'approved');
    expect(approved.map(({ message }) => message)).toEqual(['approved by ada: seen on staging']);
    expect(mesh.users.lost).toEqual([]);
  });

  it('sends nobody to the candidate in a freeze, and is rolled back in it when it fails after a pause', async () => {
    mesh = await Mesh.start(150);
    await mesh.run({ ...spec, freezes: [{ from: dateIn(-1), to: dateIn(2), reason: 'holidays' }] });
    const frozen = await mesh.viewWhere((v) => v.waitsFor === 'window');
    expect(frozen.reason).toMatch(/^step 1 waits for its window: frozen until .* \(holidays\)/);
    expect(mesh.v2.served).toBe(0);
    await mesh.decide('abort', 'another day');
    await mesh.viewWhere((v) => v.endedAt !== null);
    await mesh.run(spec);
    await mesh.viewWhere((v) => v.phase === 'stepping');
    expect(await mesh.decide('pause', 'lunch')).toMatchObject({ pausedBy: 'ada' });
    mesh.v2.errorRate = 1;
    const view = await mesh.viewWhere((v) => v.endedAt !== null);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(await mesh.stable()).toBe('v1');
  });
});

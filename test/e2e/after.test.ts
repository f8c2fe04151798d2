/** One experiment after another, with real processes, and a control plane that is killed in between. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const spec = {
  service: 'reviews',
  measure: '1s',
  steps: [{ weight: 50 }],
  hold: { min: '1s', max: '60s' },
  lease: '2s',
  deadline: '3m',
  watch: { for: '1s', maxErrors: 50 },
  analysis: { metrics: [{ name: 'success-rate', margin: 5 }] },
};
const THERE = { ...spec, baseline: 'v1', candidate: 'v2' };
const BACK = { ...spec, baseline: 'v2', candidate: 'v1', after: ['there'] };

describe('one experiment after another, among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  it('waits through the death of its control plane, and starts on the version that the first has released', async () => {
    mesh = await Mesh.start(150);
    await mesh.runKind('Canary', THERE, 'there');
    await mesh.runKind('Canary', BACK, 'back');
    await mesh.viewWhere((v) => v.phase === 'stepping', 30_000, 'there');
    await mesh.killControl();
    await mesh.startControl();
    expect(await mesh.view('back')).toMatchObject({ phase: 'declared', waitsFor: 'after' });
    const back = await mesh.viewWhere((v) => v.endedAt !== null, 90_000, 'back');
    expect(back).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(await mesh.view('there')).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(await mesh.stable()).toBe('v1');
    expect(mesh.users.lost).toEqual([]);
  });

  it('never starts when the first fails', async () => {
    mesh = await Mesh.start(150);
    await mesh.runKind('Canary', THERE, 'there');
    await mesh.runKind('Canary', BACK, 'back');
    mesh.v2.errorRate = 1;
    const back = await mesh.viewWhere((v) => v.endedAt !== null, 90_000, 'back');
    expect(back).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(back.reason).toMatch(/^did not start: there ended FAIL/);
    expect((await mesh.laid()).overlays).toEqual([]);
  });
});

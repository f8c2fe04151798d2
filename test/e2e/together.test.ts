/** Two services as one release, with real processes: promoted together through the death of the control plane, or not at all. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const spec = {
  baseline: 'v1',
  candidate: 'v2',
  measure: '1s',
  steps: [{ weight: 50 }],
  lease: '2s',
  deadline: '3m',
  watch: { for: '2s', maxErrors: 20 },
  analysis: { metrics: [{ name: 'success-rate', margin: 5 }] },
};
const REVIEWS = { ...spec, service: 'reviews', together: ['second'], hold: { min: '1s', max: '60s' } };
const RATINGS = { ...spec, service: 'ratings', together: ['first'], hold: { min: '6s', max: '60s' } };

describe('two services as one release, among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  async function start(): Promise<void> {
    mesh = await Mesh.start(200, (n) => (n % 2 === 0 ? { host: 'ratings' } : {}));
    await mesh.declareSecond('ratings');
    await mesh.runKind('Canary', REVIEWS, 'first');
    await mesh.runKind('Canary', RATINGS, 'second');
  }

  it('are promoted when both may be, although the control plane dies in between', async () => {
    await start();
    await mesh.viewWhere((v) => v.waitsFor === 'others', 30_000, 'first');
    expect(await mesh.stable()).toBe('v1');
    await mesh.killControl();
    await mesh.startControl();
    for (const name of ['first', 'second'])
      expect(await mesh.viewWhere((v) => v.endedAt !== null, 60_000, name)).toMatchObject({
        phase: 'promoted',
        verdict: 'PASS',
      });
    expect([await mesh.stable(), await mesh.stable('ratings')]).toEqual(['v2', 'v2']);
    expect(mesh.users.lost).toEqual([]);
  });

  it('go back together when one is aborted', async () => {
    await start();
    await mesh.viewWhere((v) => v.waitsFor === 'others', 30_000, 'first');
    await mesh.decide('abort', 'no', 'second');
    const first = await mesh.viewWhere((v) => v.endedAt !== null, 30_000, 'first');
    expect(first).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(first.reason).toBe('rolled back with second: aborted by ada: no');
    expect([await mesh.stable(), await mesh.stable('ratings')]).toEqual(['v1', 'v1']);
    await expect.poll(async () => (await mesh.laid()).overlays).toEqual([]);
  });
});

/** Chaos with real processes: faults that are borne, faults that are stopped, and a control plane that dies meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const aborts = (percent: number, lasts: string) => ({
  name: 'aborts',
  for: lasts,
  fault: { service: 'reviews', percent, abort: { status: 503 } },
});
const spec = {
  service: 'reviews',
  steadyState: { metrics: [{ name: 'success-rate', min: 80 }], requests: 20 },
  before: '1s',
  recovery: '1s',
  lease: '2s',
  deadline: '2m',
};

describe('chaos among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  beforeEach(async () => {
    mesh = await Mesh.start(100);
  });
  afterEach(() => mesh.close());

  /** What the proxy still has of an experiment. */
  const left = async (): Promise<number> => {
    const { overlays, faults } = await mesh.laid();
    return overlays.length + faults.filter((fault) => fault.active).length;
  };

  it('says PASS when the steady state holds, tells which requests its faults met, and leaves nothing behind', async () => {
    await mesh.runKind('Chaos', { ...spec, faults: [aborts(10, '3s')] });
    await expect.poll(async () => (await mesh.laid()).faults, { timeout: 20_000 }).toMatchObject([{ active: true }]);
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ kind: 'Chaos', phase: 'rolled-back', verdict: 'PASS', haltedBy: null, score: 100 });
    expect(await left()).toBe(0);
    const over = (await mesh.journal()).find((entry) => entry.type === 'faults-over');
    const hits = (over?.data as { hits: Record<string, number> }).hits['aborts'] ?? 0;
    expect(hits).toBeGreaterThan(0);
    expect(mesh.users.lost.length, 'every request that met the fault was answered by the proxy').toBeGreaterThanOrEqual(
      hits,
    );
    expect(await mesh.stable()).toBe('v1');
  });

  it('ends faults at once when users suffer more than the guardrails allow', async () => {
    const guardrails = [{ name: 'success-rate', min: 90 }];
    await mesh.runKind('Chaos', { ...spec, guardrails, faults: [aborts(50, '60s')] });
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(view.reason).toContain('guardrail crossed');
    expect(await left()).toBe(0);
    const met = mesh.users.lost.length;
    const answered = mesh.users.answered;
    await expect.poll(() => mesh.users.answered).toBeGreaterThan(answered + 50);
    expect(mesh.users.lost.length, 'nothing is broken any more').toBe(met);
  });

  it('breaks nothing in a service that is not in its steady state', async () => {
    mesh.v1.errorRate = 0.5;
    await mesh.runKind('Chaos', { ...spec, faults: [aborts(10, '3s')] });
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(view.reason).toContain('nothing was broken');
    expect(mesh.users.lost).toEqual([]);
  });

  it('lets go of its faults when the control plane dies, and ends sanely when it is back', async () => {
    await mesh.runKind('Chaos', { ...spec, faults: [aborts(20, '60s')] });
    await expect.poll(left, { timeout: 20_000 }).toBe(2);
    await mesh.killControl();
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
    await mesh.startControl();
    await expect.poll(left, { timeout: 20_000 }).toBe(2);
    await mesh.halt();
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(view.haltedBy).not.toBeNull();
    expect(await left()).toBe(0);
  });
});

/** A BlueGreen with real processes: previews first, then everybody at once, and everybody back at once. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const spec = {
  service: 'reviews',
  baseline: 'v1',
  candidate: 'v2',
  preview: { headers: { 'x-preview': { exact: 'yes' } } },
  measure: '1s',
  verify: { requests: 20, min: '1s', max: '60s' },
  warm: '60s',
  lease: '2s',
  deadline: '3m',
  watch: { for: '1s', maxErrors: 50 },
  analysis: { metrics: [{ name: 'success-rate', margin: 5 }] },
};
/** Every fifth request is a tester's. */
const headersOf = (n: number): Record<string, string> => (n % 5 === 0 ? { 'x-preview': 'yes' } : {});

describe('a BlueGreen among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  it('shows testers the candidate, switches everybody at once, and back at once when it fails', async () => {
    mesh = await Mesh.start(150, headersOf);
    await mesh.runKind('BlueGreen', { ...spec, verify: { ...spec.verify, requests: 200 } });
    await mesh.viewWhere((v) => v.phase === 'previewing');
    await expect.poll(() => mesh.v2.served, { timeout: 20_000 }).toBeGreaterThan(30);
    // Before the switch only testers have met it: about one of five, and never more than one of three.
    expect(mesh.v2.served).toBeLessThan(mesh.v1.served / 2);
    await mesh.viewWhere((v) => v.phase === 'switched', 60_000);
    const before = await served(mesh);
    expect(before.v2).toBeGreaterThan(100);
    // What was under way at the switch may still end on v1.
    expect(before.v1).toBeLessThan(before.v2 / 5);
    expect(await mesh.stable()).toBe('v1');
    mesh.v2.errorRate = 1;
    const view = await mesh.viewWhere((v) => v.endedAt !== null);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    mesh.v2.errorRate = 0;
    const after = await served(mesh);
    expect(after.v2).toBe(0);
    expect((await mesh.laid()).overlays).toEqual([]);
    expect(mesh.users.lost).toEqual([]);
  });

  it('stays switched through the death of the control plane, and is promoted when it was warm for long enough', async () => {
    mesh = await Mesh.start(150, headersOf);
    await mesh.runKind('BlueGreen', { ...spec, warm: '6s', lease: '20s' });
    await mesh.viewWhere((v) => v.phase === 'switched');
    await mesh.killControl();
    expect((await served(mesh)).v1).toBeLessThan(20);
    await mesh.startControl();
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(await mesh.stable()).toBe('v2');
    expect((await served(mesh)).v1).toBe(0);
    expect(mesh.users.lost).toEqual([]);
  });
});

/** What each version answers from now on, until both together have answered 150. */
async function served({ v1, v2 }: Mesh): Promise<{ readonly v1: number; readonly v2: number }> {
  const from = { v1: v1.served, v2: v2.served };
  await expect.poll(() => v1.served + v2.served - from.v1 - from.v2, { timeout: 20_000 }).toBeGreaterThan(150);
  return { v1: v1.served - from.v1, v2: v2.served - from.v2 };
}

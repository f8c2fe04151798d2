/** A shadow with real processes: copies, redacted comparisons, a control plane that is killed, and nothing left behind. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh } from './crash/mesh.ts';

const PASSWORD = 'hunter2-hunter2';
const spec = {
  service: 'reviews',
  baseline: 'v1',
  candidate: 'v2',
  ignore: ['headers.x-version'],
  redact: ['password'],
  lease: '2s',
  deadline: '3m',
  run: { min: '2s', max: '90s' },
  // One machine serves both, and everything else of this test.
  analysis: { learn: 50, margin: 3, tolerance: '2000%' },
};

/** An answer with an id of its own, a time, and a secret that differs between the versions. */
const review = (version: string, price: (n: number) => number) => (n: number) => ({
  id: `${version}-${n}`,
  at: Date.now(),
  price: price(n),
  user: { name: 'ada', password: `${PASSWORD}-${version}` },
});

describe('a shadow among real processes', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  it('finds the fields that differ, redacted, through the death of its control plane; users meet v1 only', async () => {
    mesh = await Mesh.start(100);
    mesh.v1.answer = review('v1', () => 20);
    mesh.v2.answer = review('v2', (n) => (n % 5 === 0 ? 0 : 20));
    await mesh.runKind('Shadow', { ...spec, run: { min: '8s', max: '90s' } });
    await mesh.viewWhere((v) => (v.judgement.copies?.compared ?? 0) > 20);
    await mesh.killControl();
    await mesh.startControl();
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 90_000);
    expect(view).toMatchObject({ kind: 'Shadow', phase: 'rolled-back', verdict: 'FAIL', haltedBy: null });
    const differing = (view.judgement.differences ?? []).filter((field) => field.verdict === 'FAIL');
    expect(differing.map((field) => field.path).sort()).toEqual(['body.price', 'body.user.password']);
    expect(differing.find((field) => field.path === 'body.price')?.examples[0]).toMatchObject({
      request: 'GET /',
      baseline: '20',
      candidate: '0',
    });
    const kept = JSON.stringify([view, await mesh.journal()]);
    expect(kept).toMatch(/redacted:[0-9a-f]{16}/);
    expect(kept, 'a secret went no further than the proxy').not.toContain(PASSWORD);
    expect(mesh.users.by['v2'] ?? 0).toBe(0);
    expect(mesh.users.lost).toEqual([]);
    expect(await mesh.stable()).toBe('v1');
    await expectNoCopies(mesh);
  });

  it('passes a candidate that answers the same, however noisy its fields are, and copies no write', async () => {
    mesh = await Mesh.start(100, undefined, (n) => (n % 10 === 0 ? 'POST' : 'GET'));
    mesh.v1.answer = review('v', () => 20);
    mesh.v2.answer = review('v', () => 20);
    await mesh.runKind('Shadow', spec);
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 90_000);
    expect(view, view.reason).toMatchObject({ phase: 'rolled-back', verdict: 'PASS' });
    expect(view.judgement.differences?.map((field) => field.path)).toEqual(expect.arrayContaining(['body.id']));
    expect(mesh.v2.copies).toBe(mesh.v2.served);
    expect(mesh.v2.copies).toBeGreaterThan(100);
    expect(mesh.v2.writes).toBe(0);
    expect(mesh.v1.writes).toBeGreaterThan(10);
    await expectNoCopies(mesh);
  });
});

/** The mirror is gone with the verdict: users go on, and the candidate hears nothing more. */
async function expectNoCopies(mesh: Mesh): Promise<void> {
  await expect.poll(async () => (await mesh.laid()).overlays, { timeout: 10_000 }).toEqual([]);
  const [copies, answered] = [mesh.v2.served, mesh.users.answered];
  await expect.poll(() => mesh.users.answered, { timeout: 10_000 }).toBeGreaterThan(answered + 50);
  expect(mesh.v2.served).toBeLessThanOrEqual(copies + 2); // those that were under way
}

/** The control plane is killed (SIGKILL) in the middle of canaries, with real processes and traffic that goes on. */
import { afterEach, describe, expect, it } from 'vitest';
import { Mesh, passing, until } from './crash/mesh.ts';

const LEASE_MS = 2_000;
const spec = {
  measure: '1s',
  lease: '2s',
  deadline: '3m',
  hold: { min: '1s', max: '60s' },
  watch: { for: '2s', maxErrors: 5 },
  analysis: { alpha: 0.05, metrics: [{ name: 'success-rate', margin: 5 }] },
};

describe('a control plane that is killed with a canary under way', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  afterEach(() => mesh.close());

  /** Everything that must hold of a journal, whatever happened. */
  async function expectWholeJournal(): Promise<readonly string[]> {
    const journal = await mesh.journal();
    // Checkpoints are entries too: every number is there, once.
    expect(journal.map((e) => e.seq)).toEqual(journal.map((_, i) => i));
    return journal.map((e) => e.type);
  }

  it('leaves the traffic alone, and the proxies go back to the baseline by themselves when the lease is over', async () => {
    mesh = await Mesh.start(100);
    await mesh.run({ ...spec, steps: [{ weight: 20 }], hold: { min: '60s', max: '60s' } });
    await mesh.viewWhere((v) => v.totals.candidateRequests > 20);
    await mesh.killControl();
    const atKill = { ...mesh.users.by };
    // The lease is on the proxy's clock, and may have been renewed just before.
    await passing(LEASE_MS + 1_000);
    const afterLease = { ...mesh.users.by };
    expect(afterLease['v2'], 'the share stood until the lease was over').toBeGreaterThan(atKill['v2'] ?? 0);
    await passing(1_500);
    expect(mesh.users.by['v2'], 'not one request after the lease').toBe(afterLease['v2']);
    expect(mesh.users.by['v1']).toBeGreaterThan((afterLease['v1'] ?? 0) + 50);
    expect(mesh.users.lost).toEqual([]);
    expect(mesh.users.failed).toBe(0);
  });

  it('goes on from its journal, and still rolls a bad candidate back', async () => {
    mesh = await Mesh.start(100);
    mesh.v2.errorRate = 0.25;
    await mesh.run({ ...spec, steps: [{ weight: 5 }], hold: { min: '60s', max: '60s' } });
    await mesh.viewWhere((v) => v.phase === 'stepping' && v.totals.candidateRequests > 0);
    await mesh.killControl();
    await passing(LEASE_MS + 1_500);
    await mesh.startControl();
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', haltedBy: null });
    expect(view.reason).toMatch(/^rolled back: .* candidate requests failed against /);
    expect(view.totals.candidateRequests, 'nothing is counted twice').toBeLessThanOrEqual(mesh.v2.served);
    const types = await expectWholeJournal();
    expect(types.filter((t) => t === 'resumed')).toHaveLength(1);
    await expectNothingOn('v2');
    expect(await mesh.stable()).toBe('v1');
    expect(mesh.users.lost).toEqual([]);
  });

  it('promotes a good candidate once, killed again and again, and no user ever meets an error', async () => {
    mesh = await Mesh.start(200);
    await mesh.run({ ...spec, steps: [{ weight: 25 }, { weight: 50 }] });
    for (let kills = 0; kills < 5; kills++) {
      await passing(700 + kills * 350);
      await mesh.killControl();
      await mesh.startControl();
    }
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 90_000);
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    const types = await expectWholeJournal();
    for (const once of ['declared', 'promote', 'promoted']) expect(types.filter((t) => t === once)).toHaveLength(1);
    expect(await mesh.stable()).toBe('v2');
    await expectNothingOn('v1');
    expect(mesh.users.failed).toBe(0);
    expect(mesh.users.lost).toEqual([]);
  });

  it.each(['promoting', 'watching'] as const)('finishes the promotion when it is killed while %s', async (phase) => {
    mesh = await Mesh.start(200);
    await mesh.run({ ...spec, steps: [{ weight: 50 }] });
    await mesh.viewWhere((v) => v.phase === phase);
    await mesh.killControl();
    await passing(LEASE_MS + 500);
    await mesh.startControl();
    const view = await mesh.viewWhere((v) => v.endedAt !== null);
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(await expectWholeJournal()).toContain('resumed');
    await expectNothingOn('v1');
    expect(mesh.users.failed).toBe(0);
    expect(mesh.users.lost).toEqual([]);
  });

  it('sets the overlay anew after it was stopped (SIGSTOP) for longer than the lease', async () => {
    mesh = await Mesh.start(100);
    await mesh.run({ ...spec, steps: [{ weight: 20 }], hold: { min: '60s', max: '60s' } });
    await mesh.viewWhere((v) => v.totals.candidateRequests > 20);
    await mesh.signalControl('SIGSTOP');
    await passing(LEASE_MS + 1_500);
    const stopped = mesh.users.by['v2'] ?? 0;
    await passing(500);
    expect(mesh.users.by['v2']).toBe(stopped);
    await mesh.signalControl('SIGCONT');
    await until(
      () => Promise.resolve((mesh.users.by['v2'] ?? 0) > stopped),
      () => 'the candidate got no traffic again',
    );
    expect((await mesh.view()).phase).toBe('stepping');
    expect((await expectWholeJournal()).filter((t) => t === 'resumed')).not.toHaveLength(0);
  });

  /** No request more, while the users go on asking. */
  async function expectNothingOn(version: 'v1' | 'v2'): Promise<void> {
    await passing(300); // requests that were under way
    const before = mesh.users.by[version] ?? 0;
    const all = mesh.users.answered;
    await passing(1_000);
    expect(mesh.users.answered).toBeGreaterThan(all + 20);
    expect(mesh.users.by[version] ?? 0).toBe(before);
  }
});

import { describe, expect, it } from 'vitest';
import type { OverlayShadow } from '../contracts/comparison.ts';
import { ExperimentView } from '../contracts/experiment.ts';
import { checkDocument } from '../contracts/parse.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { Drive, ID, traffic } from './testing/drive.ts';
import type { Behaviour } from './testing/drive.ts';

function drive(v2: Partial<Behaviour> = {}, rps = 200): Drive {
  return new Drive(traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0, ...v2 } }, rps));
}

const start = (d: Drive, spec: Record<string, unknown> = {}): Promise<unknown> => d.start(spec, 'Shadow');

async function played(d: Drive, spec: Record<string, unknown> = {}): Promise<ExperimentView> {
  await start(d, spec);
  await d.until(() => d.ended);
  return d.view;
}

function laid(d: Drive): OverlayShadow | undefined {
  return d.world.overlays.get(ID)?.shadow;
}

describe('the life of a shadow', () => {
  it('copies requests, compares the answers, passes a candidate that answers the same, and stops copying', async () => {
    const d = drive();
    const view = await played(d);
    expect(view).toMatchObject({ kind: 'Shadow', phase: 'rolled-back', verdict: 'PASS', intendedPpm: 0 });
    expect(view.reason).toMatch(/^v2 answers as v1 does: no field of \d+ differs/);
    expect(d.world.overlays.size).toBe(0);
    expect(d.world.moves).toEqual([]);
    const told = d.types().filter((type) => type !== 'done');
    expect(told).toEqual(['declared', 'measuring', 'step', 'verdict', 'rolled-back']);
    for (const type of told) expect(JOURNAL_TYPES).toHaveProperty(type);
    expect(() => ExperimentView.parse(view)).not.toThrow();
    expect(gateStatus(view)).toMatchObject({ status: 'PASSED', ok: true });
  });

  it('sends no user to the candidate, at any time', async () => {
    const d = drive();
    await start(d);
    for (let i = 0; i < 60; i++) {
      expect(d.world.overlays.get(ID)?.candidatePpm ?? 0).toBe(0);
      expect(d.view.intendedPpm).toBe(0);
      await d.tick();
    }
    await d.until(() => d.ended);
    expect(d.served['v2'] ?? 0).toBe(0);
  });

  it('fails a candidate with a wrong field, and names it with examples, but not the ids that always differ', async () => {
    const view = await played(drive({ wrongPrices: 0.05 }));
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(view.reason).toMatch(/^not the same: body\.price differs in [\d.]+ % of [\d,]+ answers, in 0 % by itself/);
    const failed = (view.judgement.differences ?? []).filter((field) => field.verdict === 'FAIL');
    expect(failed).toMatchObject([
      {
        path: 'body.price',
        noise: 0,
        examples: [{ request: 'GET /reviews/7', baseline: '1995', candidate: '0' }, {}, {}],
      },
    ]);
    const id = view.judgement.differences?.find((field) => field.path === 'headers.x-request-id');
    expect(id).toMatchObject({ noise: 1, verdict: 'PASS', candidateOnly: 0 });
  });

  it('fails a candidate that is slower', async () => {
    const view = await played(drive({ latencyMs: 60 }));
    expect(view.verdict).toBe('FAIL');
    expect(view.reason).toMatch(/the candidate is slower by more than 25 % in [\d,]+ of [\d,]+ pairs/);
  });

  it('gives no verdict before its time, so that every field that differs is seen', async () => {
    const d = drive({ wrongPrices: 0.5 });
    await start(d, { run: { min: '20s', max: '60s' } });
    await d.run(18_000);
    expect(d.view).toMatchObject({ phase: 'shadowing', verdict: 'PENDING' });
    expect(d.view.judgement.verdict).toBe('FAIL');
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('FAIL');
  });

  it('is INCONCLUSIVE when too little could be compared in its time', async () => {
    const view = await played(drive({}, 10), { run: { min: '2s', max: '10s' }, analysis: { learn: 200 } });
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(view.reason).toMatch(/^the copying ended: no verdict after 10s: learning what differs by itself/);
  });

  it('is INCONCLUSIVE, never a PASS, when no request was copied', async () => {
    const d = drive({}, 0);
    await start(d, { run: { min: '2s', max: '20s' } });
    await d.run(8_000);
    expect(d.view.reason).toMatch(/^no traffic/);
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('INCONCLUSIVE');
    expect(d.view.reason).toMatch(/no request was copied$/);
  });

  it('does not pass on the comparisons that came to an end when many did not', async () => {
    const d = drive();
    await start(d, { run: { min: '2s', max: '12s' } });
    const lost = { experimentId: ID, samples: [], mirrored: 30, dropped: 30 };
    while (!d.ended) {
      d.runner.observe([], [], [], [lost]);
      await d.tick();
    }
    expect(d.view.verdict).toBe('INCONCLUSIVE');
    expect(d.view.reason).toMatch(/% of the comparisons came to nothing, and those may be the ones that differ/);
  });

  it('says how much was copied, compared and dropped', async () => {
    const d = drive();
    await start(d);
    await d.run(1_500);
    d.runner.observe([], [], [], [{ experimentId: ID, samples: [], mirrored: 7, dropped: 3 }]);
    await d.tick();
    const { copies } = d.view.judgement;
    expect(copies).toMatchObject({ dropped: 3, learnt: 50, learn: 50 });
    expect(copies?.mirrored).toBe((copies?.compared ?? 0) + 50 + 7);
    expect(d.view.totals.candidateRequests).toBe((copies?.compared ?? 0) + 50);
  });
});

describe('what a shadow asks of the proxies', () => {
  it('is nothing before it is sure to be journalled, then copies under a lease', async () => {
    const d = drive();
    await start(d, { mirror: 40, compare: 50, writes: 'candidate', maxBody: '8KiB', maxComparedPerSecond: 5 });
    await d.until(() => d.view.phase === 'shadowing');
    expect(d.world.overlays.get(ID)).toMatchObject({ candidatePpm: 0, leaseMs: 3_000 });
    expect(laid(d)).toMatchObject({
      mirrorPpm: 400_000,
      comparePpm: 500_000,
      writes: 'candidate',
      maxBodyBytes: 8_192,
      maxComparedPerSecond: 5,
    });
    expect(laid(d)?.redact).toContain('set-cookie');
  });

  it('is to copy no writes, and to redact logins, where the document says nothing', async () => {
    const d = drive();
    await start(d);
    await d.until(() => d.view.phase === 'shadowing');
    expect(laid(d)).toMatchObject({ writes: 'never', mirrorPpm: 1_000_000, comparePpm: 1_000_000 });
    expect(laid(d)?.redact).toEqual(expect.arrayContaining(['authorization', 'cookie', 'password']));
  });

  it('is gone when a person ends it, and nobody can promote it', async () => {
    const d = drive();
    await start(d, { run: { min: '60s', max: '60s' } });
    await d.run(3_000);
    await expect(d.runner.promote('reviews-v2', 'ada', 'why not')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(laid(d)).toBeDefined();
    await d.runner.abort('reviews-v2', 'ada', 'enough');
    expect(d.world.overlays.size).toBe(0);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: 'ada' });
  });

  it('is gone at once when the users of the baseline suffer meanwhile', async () => {
    const d = drive();
    await start(d, { run: { min: '5m', max: '5m' }, deadline: '10m' });
    await d.run(20_000);
    Object.assign(d.traffic.of, traffic({ v1: { errorRate: 0.5 } }).of);
    expect(await d.until(() => d.world.overlays.size === 0)).toBeLessThanOrEqual(1_000);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(d.view.reason).toMatch(/^the copying ended: users of v1: success-rate: /);
  });

  it('is gone when no proxy reports any more', async () => {
    const d = drive();
    await start(d, { run: { min: '60s', max: '60s' } });
    await d.run(3_000);
    d.traffic.reports = false;
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('INCONCLUSIVE');
    expect(d.view.reason).toMatch(/no data, no proxy has reported/);
  });
});

describe('what was compared', () => {
  it('outlives the control plane', async () => {
    const d = drive({ wrongPrices: 0.02 });
    await start(d, { run: { min: '60s', max: '60s' } });
    await d.run(8_000);
    const before = d.view.judgement.copies?.compared ?? 0;
    await d.restart(500);
    await d.tick();
    expect(d.view.phase).toBe('shadowing');
    expect(laid(d)).toBeDefined();
    const after = d.view.judgement.copies?.compared ?? 0;
    expect(after).toBeGreaterThan(before / 2);
    expect(after).toBeLessThanOrEqual(before + 40);
  });
});

describe('the document of a shadow', () => {
  const checked = (spec: Record<string, unknown>) =>
    checkDocument({
      apiVersion: 'meshproof.dev/v1',
      kind: 'Shadow',
      metadata: { name: 's' },
      spec: { service: 'reviews', baseline: 'v1', candidate: 'v2', ...spec },
    });

  it.each([
    [{ ignore: ['bdy.price'] }, /names no part of an answer/],
    [{ unordered: ['tags'] }, /names no part of an answer/],
    [{ candidate: 'v1' }, /the same version/],
    [{ mirror: 0 }, /above 0/],
    [{ maxBody: '1MiB' }, /at most 256KiB/],
    [{ writes: 'always' }, /it must be one of never, candidate, both/],
    [{ analysis: { margin: 0 } }, /above 0 percentage points/],
    [{ promote: 'winner' }, /unknown key "promote"/],
  ])('refuses %j', (spec, why) => {
    const result = checked(spec);
    expect(result.ok ? '' : result.issues.map((issue) => issue.message).join('\n')).toMatch(why);
  });

  it('takes what it knows', () => {
    const result = checked({
      after: ['first'],
      ignore: ['headers.x-id', 'body.items[].id', 'body', 'status'],
      redact: ['Email'],
    });
    expect(result).toMatchObject({ ok: true, document: { spec: { after: ['first'], redact: ['email'] } } });
  });
});

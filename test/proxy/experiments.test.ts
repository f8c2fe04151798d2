/** Overlays on live traffic: arms, shield, lease, halt. */
import { describe, expect, it } from 'vitest';
import type { ArmRow } from '../../contracts/telemetry.ts';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { HeldClock, overlay } from './gateway.ts';
import type { Setup } from './gateway.ts';
import type { RawClient } from './raw-client.ts';
import type { ScriptedUpstream, Script } from './scripted-upstream.ts';
import { ok, status } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

type Stage = { dataplane: Dataplane; client: RawClient; v1: ScriptedUpstream; v2: ScriptedUpstream };

async function stage(candidate: Script, setup: Omit<Setup, 'versions'> = {}): Promise<Stage> {
  const v1 = await upstreamThat(({ answer }) => answer(ok('baseline')));
  const v2 = await upstreamThat(candidate);
  const { dataplane, port } = await gatewayTo({ ...setup, versions: { v1: [v1.port], v2: [v2.port] } });
  return { dataplane, client: await clientOf(port), v1, v2 };
}

function arm(dataplane: Dataplane, name: 'baseline' | 'candidate'): ArmRow | undefined {
  return dataplane.takeTelemetry().arms.find((row) => row.arm === name);
}

describe('the arms', () => {
  it('count what went to each, with the share that was in force', async () => {
    const { dataplane, client, v1, v2 } = await stage(({ answer }) => answer(status(500)));
    dataplane.setOverlays([overlay({ candidatePpm: 500_000 })]);
    for (let i = 0; i < 60; i++) await client.send(get()).response();
    const { arms } = dataplane.takeTelemetry();
    const [baseline, candidate] = ['baseline', 'candidate'].map((name) => arms.find((row) => row.arm === name));
    expect(baseline).toMatchObject({ requests: v1.requests.length, errors: 0, candidatePpm: 500_000, epoch: 1 });
    expect(candidate).toMatchObject({
      requests: v2.requests.length,
      errors: v2.requests.length,
      experimentId: 'run-1',
    });
    expect(v1.requests.length + v2.requests.length).toBe(60);
    expect(v2.requests.length).toBeGreaterThan(10);
  });

  it('count a fresh baseline apart, which gets as much as the candidate', async () => {
    const upstreams = await Promise.all(
      ['old', 'candidate', 'fresh'].map((name) => upstreamThat(({ answer }) => answer(ok(name)))),
    );
    const [v1, v2, v3] = upstreams.map((upstream) => upstream.port);
    const { dataplane, port } = await gatewayTo({ versions: { v1: [v1 ?? 0], v2: [v2 ?? 0], v3: [v3 ?? 0] } });
    const client = await clientOf(port);
    expect(dataplane.setOverlays([overlay({ candidatePpm: 400_000, fresh: 'v4' })]).refused).toMatchObject([
      { message: 'Service shop has no version v4 here' },
    ]);
    dataplane.setOverlays([overlay({ candidatePpm: 400_000, fresh: 'v3' })]);
    for (let i = 0; i < 100; i++) await client.send(get()).response();
    const { arms } = dataplane.takeTelemetry();
    const served = ['baseline', 'candidate', 'fresh'].map((name) => arms.find((row) => row.arm === name)?.requests);
    expect(served).toEqual(upstreams.map((upstream) => upstream.requests.length));
    expect(served[0]).toBeGreaterThan(5);
    expect(served[1]).toBeGreaterThan(20);
    expect(served[2]).toBeGreaterThan(20);
  });

  it('count first attempts only: a retry hides nothing and adds nothing', async () => {
    let seen = 0;
    const { dataplane, client, v2 } = await stage(
      ({ answer }) => answer(seen++ === 0 ? status(503) : ok('candidate')),
      {
        rules: [{ retry: { attempts: 2, on: ['5xx'], backoff: '0ms' } }],
      },
    );
    dataplane.setOverlays([overlay()]);
    expect((await client.send(get()).response()).body).toBe('candidate');
    expect(v2.requests).toHaveLength(2);
    expect(arm(dataplane, 'candidate')).toMatchObject({ requests: 1, errors: 1, shielded: 0 });
  });

  it('tell which users and endpoints of the candidate had how many requests and errors', async () => {
    const upstreams = [
      await upstreamThat(({ answer }) => answer(ok())),
      await upstreamThat(({ answer }) => answer(ok('good'))),
      await upstreamThat(({ answer }) => answer(status(500))),
    ];
    const [v1 = 0, good = 0, bad = 0] = upstreams.map((upstream) => upstream.port);
    const { dataplane, port } = await gatewayTo({ versions: { v1: [v1], v2: [good, bad] } });
    const client = await clientOf(port);
    dataplane.setOverlays([overlay({ sticky: { header: 'x-user' } })]);
    for (const user of ['a', 'a', 'a', 'b', 'b', '']) {
      await client.send(get('/', user === '' ? '' : `x-user: ${user}\r\n`)).response();
    }
    const row = arm(dataplane, 'candidate');
    const counted = (origins: readonly (readonly [string, number, number])[] = []) =>
      origins.map(([, requests]) => requests).sort();
    expect(counted(row?.origins?.clients)).toEqual([2, 3]);
    const endpoints = Object.fromEntries(
      (row?.origins?.endpoints ?? []).map(([name, requests, errors]) => [name, [requests, errors]]),
    );
    const [, onGood = 0, onBad = 0] = upstreams.map((upstream) => upstream.requests.length);
    expect(endpoints).toEqual({ [`127.0.0.1:${good}`]: [onGood, 0], [`127.0.0.1:${bad}`]: [onBad, onBad] });
    expect(row?.errors).toBe(onBad);
  });

  it('leave out requests that the overlay does not match', async () => {
    const { dataplane, client, v2 } = await stage(({ answer }) => answer(ok('candidate')));
    dataplane.setOverlays([overlay({ match: { headers: { 'x-beta': { exact: 'yes' } } } })]);
    expect((await client.send(get()).response()).body).toBe('baseline');
    expect((await client.send(get('/', 'x-beta: yes\r\n')).response()).body).toBe('candidate');
    expect(v2.requests).toHaveLength(1);
    expect(dataplane.takeTelemetry().arms).toHaveLength(1);
  });

  it('count a request that ends after its overlay has gone, in its own epoch', async () => {
    const { dataplane, client, v2 } = await stage(() => {});
    dataplane.setOverlays([overlay({ epoch: 1 })]);
    client.send(get());
    await v2.until(() => v2.requests.length === 1);
    dataplane.setOverlays([overlay({ epoch: 2 })]);
    expect(arm(dataplane, 'candidate')).toMatchObject({ epoch: 1, requests: 0, started: 1 });
    expect(dataplane.takeTelemetry().arms).toEqual([]);
    v2.openSockets[0]?.write(ok());
    await client.response();
    expect(arm(dataplane, 'candidate')).toMatchObject({ epoch: 1, requests: 1, started: 0 });
    dataplane.setOverlays([]);
    expect(dataplane.takeTelemetry().arms).toEqual([]);
  });

  it('do not measure the delay of a request-level fault', async () => {
    const clock = new HeldClock();
    const { dataplane, client } = await stage(({ answer }) => answer(ok()), {
      clock,
      faults: [{ at: 'request', delay: { fixed: '2s' } }],
    });
    dataplane.setOverlays([overlay()]);
    client.send(get());
    await expect.poll(() => dataplane.metrics().requestsInFlight).toBe(1);
    clock.move(2_100);
    await client.response();
    const { arms, traffic } = dataplane.takeTelemetry();
    expect(arms[0]?.latencySumUs).toBe(0); // the clock stands still while the request is on its way
    expect(traffic[0]?.latencySumUs).toBe(2_100_000);
  });
});

describe('the shield', () => {
  const failures: [string, Script, string][] = [
    ['a 500', ({ answer }) => answer(status(500)), 'answer'],
    ['a 503 with a large body', ({ answer }) => answer(status(503, 'x'.repeat(90_000))), 'answer'],
    ['a reset', ({ socket }) => void socket.resetAndDestroy(), 'answer'],
    ['an answer that is no HTTP', ({ answer }) => answer('what?\r\n\r\n'), 'answer'],
    ['silence', () => {}, 'wait'],
  ];

  it.each(failures)('hides %s of the candidate from the user, and counts it', async (_, script, how) => {
    const clock = new HeldClock();
    const { dataplane, client, v2 } = await stage(script, { clock, rules: [{ timeout: '2s' }] });
    dataplane.setOverlays([overlay({ shield: true })]);
    client.send(get());
    if (how === 'wait') {
      await v2.until(() => v2.requests.length === 1);
      clock.move(1_100); // half of the timeout is the candidate's
    }
    expect((await client.response()).body).toBe('baseline');
    const { arms, traffic } = dataplane.takeTelemetry();
    expect(arms).toHaveLength(1);
    expect(arms[0]).toMatchObject({ arm: 'candidate', requests: 1, errors: 1, shielded: 1 });
    expect(traffic.map((t) => [t.version, t.codes, t.shielded, t.retries])).toEqual([['v1', { 200: 1 }, 1, 0]]);
  });

  it('sends a held body of an idempotent request again', async () => {
    const { dataplane, client, v1 } = await stage(({ answer }) => answer(status(500)));
    dataplane.setOverlays([overlay({ shield: true })]);
    client.send('PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc');
    expect((await client.response()).body).toBe('baseline');
    expect(v1.requests[0]?.body).toBe('abc');
  });

  it('does not repeat a POST, and does not cut it short either', async () => {
    const clock = new HeldClock();
    const { dataplane, client, v1, v2 } = await stage(() => {}, { clock, rules: [{ timeout: '2s' }] });
    dataplane.setOverlays([overlay({ shield: true })]);
    client.send(post('pay'));
    await v2.until(() => v2.requests.length === 1);
    clock.move(1_500);
    await new Promise((resolve) => setTimeout(resolve, 25));
    v2.openSockets[0]?.write(status(500, 'slow and bad'));
    expect((await client.response()).body).toBe('slow and bad');
    expect(v1.requests).toHaveLength(0);
    expect(arm(dataplane, 'candidate')).toMatchObject({ requests: 1, errors: 1, shielded: 0 });
  });

  it('is used once: a baseline that fails too is the user’s answer', async () => {
    const { dataplane, client, v1, v2 } = await stage(({ answer }) => answer(status(500)));
    v1.script = ({ answer }) => answer(status(502));
    dataplane.setOverlays([overlay({ shield: true })]);
    expect((await client.send(get()).response()).status).toBe(502);
    expect([v1.requests.length, v2.requests.length]).toEqual([1, 1]);
  });

  it('needs no retry policy and no budget, and leaves the retries to the baseline', async () => {
    let seen = 0;
    const { dataplane, client, v1, v2 } = await stage(({ answer }) => answer(status(500)), {
      rules: [{ retry: { attempts: 1, on: ['5xx'], backoff: '0ms' } }],
    });
    v1.script = ({ answer }) => answer(seen++ === 0 ? status(500) : ok('baseline'));
    dataplane.setOverlays([overlay({ shield: true })]);
    expect((await client.send(get()).response()).body).toBe('baseline');
    expect([v1.requests.length, v2.requests.length]).toEqual([2, 1]);
  });
});

describe('the lease', () => {
  it('puts all traffic back on the baseline when nobody renews it, with nobody’s help', async () => {
    const clock = new HeldClock();
    const { dataplane, client } = await stage(({ answer }) => answer(ok('candidate')), { clock });
    const expired: unknown[] = [];
    dataplane.onLeaseExpired = (id, epoch) => expired.push([id, epoch]);
    dataplane.setOverlays([overlay({ leaseMs: 5_000 })]);
    expect((await client.send(get()).response()).body).toBe('candidate');
    clock.move(4_000);
    dataplane.renewLeases(['run-1']);
    clock.move(4_000);
    dataplane.sweep();
    expect((await client.send(get()).response()).body).toBe('candidate');
    clock.move(1_000);
    expect((await client.send(get()).response()).body).toBe('baseline'); // before any sweep
    dataplane.sweep();
    expect(expired).toEqual([['run-1', 1]]);
    expect(dataplane.metrics()).toMatchObject({ leaseExpiredTotal: 1, overlays: [] });
    dataplane.renewLeases(['run-1']);
    expect((await client.send(get()).response()).body).toBe('baseline');
  });

  it('of another experiment is not renewed by its neighbour', async () => {
    const clock = new HeldClock();
    const { dataplane, client } = await stage(({ answer }) => answer(ok('candidate')), { clock });
    dataplane.setOverlays([overlay({ leaseMs: 5_000 })]);
    clock.move(4_000);
    dataplane.renewLeases(['run-2']);
    clock.move(1_000);
    expect((await client.send(get()).response()).body).toBe('baseline');
  });

  it('of a fault runs out too', async () => {
    const clock = new HeldClock();
    const { dataplane, client } = await stage(({ answer }) => answer(ok()), {
      clock,
      faults: [{ abort: { status: 503 }, lease: '5s' }],
    });
    expect((await client.send(get()).response()).status).toBe(503);
    clock.move(4_000);
    dataplane.renewLeases([]);
    clock.move(4_900);
    expect((await client.send(get()).response()).status).toBe(503);
    clock.move(100);
    expect((await client.send(get()).response()).status).toBe(200);
  });
});

describe('halt', () => {
  it('drops overlays and faults at once; they come back only when they are declared anew', async () => {
    const { dataplane, client } = await stage(({ answer }) => answer(ok('candidate')), {
      faults: [{ at: 'request', match: { path: { prefix: '/f' } }, abort: { status: 503 } }],
    });
    dataplane.setOverlays([overlay()]);
    expect((await client.send(get('/f')).response()).status).toBe(503);
    expect(dataplane.halt()).toEqual({ overlays: 1, faults: 1 });
    expect((await client.send(get('/f')).response()).body).toBe('baseline');
    dataplane.renewLeases(['run-1']);
    expect((await client.send(get('/f')).response()).body).toBe('baseline');
    dataplane.setOverlays([overlay({ experimentId: 'run-2' })]);
    expect((await client.send(get('/')).response()).body).toBe('candidate');
  });

  it('by the switch alone, from another thread, is honoured by the next request', async () => {
    const { HaltSwitch } = await import('../../proxy/halt-switch.ts');
    const halt = new HaltSwitch();
    const { dataplane, client } = await stage(({ answer }) => answer(ok('candidate')), { options: { halt } });
    dataplane.setOverlays([overlay()]);
    expect((await client.send(get()).response()).body).toBe('candidate');
    new HaltSwitch(halt.buffer).halt();
    expect((await client.send(get()).response()).body).toBe('baseline');
    dataplane.sweep();
    expect(dataplane.metrics()).toMatchObject({ overlays: [], leaseExpiredTotal: 0 });
  });
});

describe('a refused overlay', () => {
  it('names what is missing, and the others are in force', async () => {
    const { dataplane } = await stage(({ answer }) => answer(ok()));
    const { refused } = dataplane.setOverlays([
      overlay({ experimentId: 'a', candidate: 'v9' }),
      overlay({ experimentId: 'b', service: 'nowhere' }),
      overlay({ experimentId: 'c' }),
      overlay({ experimentId: 'd' }),
    ]);
    expect(refused.map((r) => [r.experimentId, r.code])).toEqual([
      ['a', 'CONFIG_REFUSED'],
      ['b', 'CONFIG_REFUSED'],
      ['d', 'EXPERIMENT_OVERLAP'],
    ]);
    expect(refused[0]?.message).toContain('v9');
    expect(dataplane.config().overlays.map((o) => o.experimentId)).toEqual(['c']);
  });
});

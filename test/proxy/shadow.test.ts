/** Copies to a shadow version over real sockets: complete, harmless, and never waited for. */
import { describe, expect, it } from 'vitest';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { ok } from './scripted-upstream.ts';
import type { Script, ScriptedUpstream } from './scripted-upstream.ts';
import type { RawClient } from './raw-client.ts';
import { clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

type Stage = { client: RawClient; dataplane: Dataplane; v1: ScriptedUpstream; v2: ScriptedUpstream };

async function stage(mirror: Record<string, unknown>, shadow: Script, rule = {}): Promise<Stage> {
  const v1 = await upstreamThat(({ answer }) => answer(ok('primary')));
  const v2 = await upstreamThat(shadow);
  const { dataplane, port } = await gatewayTo({
    versions: { v1: [v1.port], v2: [v2.port] },
    rules: [{ ...rule, mirror: [{ version: 'v2', ...mirror }] }],
  });
  return { client: await clientOf(port), dataplane, v1, v2 };
}

function loadOf(dataplane: Dataplane) {
  return dataplane.metrics().shadows.find(({ version }) => version === 'v2');
}

describe('the shadow', () => {
  it('gets a copy that says so, and its answer goes nowhere', async () => {
    const { client, dataplane, v2 } = await stage({}, ({ answer }) => answer(ok('shadow')));
    const { body } = await client.send(get('/a?b=c', 'x-a: 1\r\n')).response();
    expect(body).toBe('primary');
    await v2.until(() => v2.requests.length === 1);
    expect(v2.bytes).toMatch(/^GET \/a\?b=c HTTP\/1\.1\r\n/);
    expect(v2.bytes).toContain('x-a: 1\r\n');
    expect(v2.bytes).toContain('x-meshproof-shadow: true\r\n');
    await expect.poll(() => loadOf(dataplane)).toMatchObject({ answered: 1, inFlight: 0 });
  });

  it('is of several versions at once, each with its own share of the requests that match', async () => {
    const v1 = await upstreamThat(({ answer }) => answer(ok('primary')));
    const [v2, v3] = [
      await upstreamThat(({ answer }) => answer(ok())),
      await upstreamThat(({ answer }) => answer(ok())),
    ];
    const mirror = [{ version: 'v2' }, { version: 'v3', percent: 30 }];
    const { port, dataplane } = await gatewayTo({
      versions: { v1: [v1.port], v2: [v2.port], v3: [v3.port] },
      rules: [{ match: { path: { prefix: '/copied' } }, mirror }],
    });
    const client = await clientOf(port);
    for (let i = 0; i < 300; i++) await client.send(get('/copied')).response();
    for (let i = 0; i < 20; i++) await client.send(get('/alone')).response();
    const of = (version: string): number => {
      const load = dataplane.metrics().shadows.find((shadow) => shadow.version === version);
      return (load?.answered ?? 0) + (load?.inFlight ?? 0);
    };
    await expect.poll(() => [v2.requests.length, v3.requests.length]).toEqual([300, of('v3')]);
    // 300 draws of 30 %: 90, give or take three standard deviations.
    expect(Math.abs(v3.requests.length - 90)).toBeLessThanOrEqual(24);
    expect(`${v2.bytes}${v3.bytes}`).not.toContain('/alone');
    expect(v1.requests).toHaveLength(320);
  });

  it('goes to the endpoints that balancing would choose', async () => {
    const v1 = await upstreamThat(({ answer }) => answer(ok('primary')));
    const [ill, well] = [
      await upstreamThat(({ answer }) => answer('HTTP/1.1 500 Ill\r\ncontent-length: 0\r\n\r\n')),
      await upstreamThat(({ answer }) => answer(ok())),
    ];
    const { port, dataplane } = await gatewayTo({
      versions: { v1: [v1.port], v2: [ill.port, well.port] },
      rules: [{ mirror: [{ version: 'v2' }] }],
      resilience: { healthCheck: { http: { path: '/' }, interval: '10ms', unhealthyThreshold: 1 } },
    });
    const states = (): unknown => dataplane.metrics().pools.find(({ version }) => version === 'v2')?.states;
    await expect.poll(states).toMatchObject({ available: 1, unhealthy: 1 });
    const client = await clientOf(port);
    for (let i = 0; i < 10; i++) await client.send(get('/copied')).response();
    await expect.poll(() => well.requests.filter(({ target }) => target === '/copied').length).toBe(10);
    expect(ill.requests.filter(({ target }) => target === '/copied')).toEqual([]);
  });

  it('reuses its connection', async () => {
    const { client, dataplane, v2 } = await stage({}, ({ answer }) => answer(ok('shadow')));
    for (let i = 1; i <= 3; i++) {
      await client.send(get()).response();
      await expect.poll(() => loadOf(dataplane)?.answered).toBe(i);
    }
    expect(v2.connections).toBe(1);
  });

  it('does not make the client wait when it never answers', async () => {
    const { client, dataplane } = await stage({}, () => undefined);
    for (let i = 0; i < 5; i++) expect((await client.send(get()).response()).body).toBe('primary');
    expect(loadOf(dataplane)).toMatchObject({ answered: 0, inFlight: 5 });
  });

  it('gets no writes unless the rule says that they harm nobody', async () => {
    const careful = await stage({}, ({ answer }) => answer(ok('shadow')));
    await careful.client.send(post('order')).response();
    await careful.client.send(get()).response();
    await careful.v2.until(() => careful.v2.requests.length === 1);
    expect(careful.v2.bytes).not.toContain('order');
    const open = await stage({ writes: true }, ({ answer }) => answer(ok('shadow')));
    await open.client.send(post('order')).response();
    await open.v2.until(() => open.v2.requests.length === 1);
    expect(open.v2.requests[0]?.body).toBe('order');
  });

  it('gets a streamed body as it comes, and the client the answer of the baseline', async () => {
    const { client, v1, v2 } = await stage({ writes: true }, ({ answer }) => answer(ok('shadow')));
    const part = 'p'.repeat(50_000);
    client.send(`POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: ${part.length * 3}\r\n\r\n${part}`);
    client.send(part).send(part);
    expect((await client.response()).body).toBe('primary');
    await v2.until(() => v2.requests.length === 1);
    expect(v2.requests[0]?.body).toHaveLength(part.length * 3);
    expect(v1.requests[0]?.body).toHaveLength(part.length * 3);
  });

  it('is dropped and counted when it does not read, and the client has its answer', async () => {
    const v1 = await upstreamThat(({ answer }) => answer(ok('primary')));
    const v2 = await upstreamThat(() => undefined);
    v2.onConnection = (socket) => void socket.pause();
    const { dataplane, port } = await gatewayTo({
      versions: { v1: [v1.port], v2: [v2.port] },
      rules: [{ mirror: [{ version: 'v2', writes: true }] }],
    });
    const client = await clientOf(port);
    const body = 'b'.repeat(16 * 1024 * 1024);
    expect((await client.send(post(body)).response()).body).toBe('primary');
    await expect.poll(() => loadOf(dataplane)?.dropped.slow).toBe(1);
    expect(loadOf(dataplane)?.inFlight).toBe(0);
  });

  it('is sent once, however often the request is tried', async () => {
    let calls = 0;
    const { client, v1, v2 } = await stage({}, ({ answer }) => answer(ok('shadow')), {
      retry: { attempts: 2, on: ['5xx'], backoff: '0ms' },
    });
    v1.script = ({ answer }) => answer(calls++ < 2 ? 'HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n' : ok('primary'));
    expect((await client.send(get()).response()).body).toBe('primary');
    await v2.until(() => v2.requests.length === 1);
    expect(v1.requests).toHaveLength(3);
    expect(v2.requests).toHaveLength(1);
  });

  it('counts a version that breaks', async () => {
    const { client, dataplane } = await stage({}, ({ socket }) => socket.destroy());
    await client.send(get()).response();
    await expect.poll(() => loadOf(dataplane)).toMatchObject({ failed: 1, inFlight: 0 });
  });
});

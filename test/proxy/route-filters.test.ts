/** What rules do beside sending on, over real sockets. */
import { describe, expect, it } from 'vitest';
import { HeldClock, overlay } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok, status } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const api = { match: { path: { prefix: '/api' } } };

async function withRule(rule: Record<string, unknown>, fields = '') {
  return chain(({ answer }) => answer(ok('fine', fields)), { rules: [rule] });
}

function headersOf(response: { readonly headers: readonly (readonly [string, string])[] }): Record<string, string> {
  return Object.fromEntries(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
}

describe('header changes', () => {
  it('set, add and remove fields of the request and of the answer', async () => {
    const { client, upstream } = await withRule(
      {
        requestHeaders: { set: { 'X-Team': 'shop' }, add: { 'x-seen': 'us' }, remove: ['cookie'] },
        responseHeaders: { set: { 'x-frame-options': 'DENY' }, remove: ['server'] },
      },
      'server: secret/1.0\r\nx-frame-options: ALLOW\r\n',
    );
    const response = await client.send(get('/', 'cookie: a=b\r\nx-team: theirs\r\nx-seen: them\r\n')).response();
    const [request] = upstream.requests;
    expect(request && [header(request, 'x-team'), header(request, 'cookie')]).toEqual(['shop', undefined]);
    expect(upstream.bytes).toMatch(/x-seen: them\r\n[\s\S]*x-seen: us\r\n/);
    expect(headersOf(response)).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(headersOf(response)['server']).toBeUndefined();
  });

  it("are on the proxy's own answers too", async () => {
    const { client } = await chain(({ socket }) => socket.destroy(), {
      rules: [{ responseHeaders: { set: { 'x-frame-options': 'DENY' } } }],
    });
    const response = await client.send('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n').response();
    expect(response.status).toBe(502);
    expect(headersOf(response)['x-frame-options']).toBe('DENY');
  });
});

describe('a rewrite', () => {
  it.each([
    [{ path: '/one' }, '/api/x?q=1', '/one?q=1'],
    [{ prefix: '/v2' }, '/api/x?q=1', '/v2/x?q=1'],
    [{ prefix: '/' }, '/api', '/'],
    [{ prefix: '/v2/' }, '/api/', '/v2/'],
    [{ regex: { pattern: '^/api/(\\w+)/(\\w+)$', with: '/$2/$1' } }, '/api/a/b?c', '/b/a?c'],
    [{ regex: { pattern: 'x', with: ' y\r\n' } }, '/api/x', '/api/%20y%0D%0A'],
  ])('%j makes of %s the path %s', async (rewrite, from, to) => {
    const { client, upstream } = await withRule({ ...api, rewrite });
    await client.send(get(from)).response();
    expect(upstream.bytes.split('\r\n')[0]).toBe(`GET ${to} HTTP/1.1`);
  });

  it('gives the endpoint another Host, at every attempt', async () => {
    let calls = 0;
    const { client, upstream } = await chain(({ answer }) => answer(calls++ === 0 ? status(503) : ok('fine')), {
      rules: [{ rewrite: { host: 'inner.example:81' }, retry: { attempts: 1, on: ['5xx'], backoff: '0ms' } }],
    });
    await client.send(get()).response();
    expect(upstream.requests.map((r) => header(r, 'host'))).toEqual(['inner.example:81', 'inner.example:81']);
  });
});

describe('a rule that answers by itself', () => {
  it.each([
    [{ path: '/new' }, '/new?q=1', 302],
    [{ scheme: 'https', status: 308 }, 'https://shop/old?q=1', 308],
    [{ host: 'other.example:8443', scheme: 'https', path: '/' }, 'https://other.example:8443/?q=1', 302],
    [{ host: 'other.example' }, '//other.example/old?q=1', 302],
  ])('redirects with %j to %s', async (redirect, location, code) => {
    const { client, upstream } = await withRule({ redirect });
    const response = await client.send(get('/old?q=1')).response();
    expect([response.status, headersOf(response)['location']]).toEqual([code, location]);
    expect(upstream.requests).toEqual([]);
  });

  it('answers with a body, and without one to HEAD', async () => {
    const { client } = await withRule({ respond: { status: 503, body: 'bäck soon', contentType: 'text/html' } });
    const response = await client.send(get()).response();
    expect(response.status).toBe(503);
    expect(Buffer.from(response.body, 'latin1').toString()).toBe('bäck soon');
    const head = await client.send('HEAD / HTTP/1.1\r\nhost: shop\r\n\r\n').response('HEAD');
    expect([head.body, headersOf(head)['content-length']]).toEqual(['', '10']);
  });
});

it('a field of an own answer is there once, as the rule wants it', async () => {
  const { client } = await withRule({
    respond: { body: '{}' },
    responseHeaders: { set: { 'Content-Type': 'application/json' }, add: { 'x-a': '1' } },
  });
  const { headers } = await client.send(get()).response();
  expect(headers.filter(([name]) => name.toLowerCase() === 'content-type')).toEqual([
    ['content-type', 'application/json'],
  ]);
});

describe('cors', () => {
  const rule = { cors: { allowOrigins: ['https://*.shop.example'], allowHeaders: ['x-a'], allowCredentials: true } };
  const preflight = (origin: string): string =>
    `OPTIONS / HTTP/1.1\r\nhost: shop\r\norigin: ${origin}\r\naccess-control-request-method: PUT\r\n\r\n`;

  it('answers a preflight without asking the endpoint', async () => {
    const { client, upstream } = await withRule(rule);
    const response = await client.send(preflight('https://a.shop.example')).response();
    expect(response.status).toBe(204);
    expect(headersOf(response)).toMatchObject({
      'access-control-allow-origin': 'https://a.shop.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '3600',
      vary: 'origin',
    });
    expect(upstream.requests).toEqual([]);
  });

  it.each(['https://shop.example.evil', 'https://evil.example', 'https://shop.example', 'null'])(
    'does not let %s in, whatever the endpoint says',
    async (origin) => {
      const { client } = await withRule(rule, 'access-control-allow-origin: *\r\n');
      const refused = await client.send(preflight(origin)).response();
      expect(headersOf(refused)['access-control-allow-origin']).toBeUndefined();
      const plain = await client.send(get('/', `origin: ${origin}\r\n`)).response();
      expect(plain.body).toBe('fine');
      expect(headersOf(plain)['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('marks answers for the origin, errors too', async () => {
    const { client } = await chain(({ answer }) => answer(status(500)), { rules: [rule] });
    const response = await client.send(get('/', 'origin: https://a.shop.example\r\n')).response();
    expect(headersOf(response)['access-control-allow-origin']).toBe('https://a.shop.example');
  });
});

describe('a rate limit', () => {
  it('refuses what is too much, says when to come back, and outlives a configuration', async () => {
    const clock = new HeldClock();
    const rules = [{ rateLimit: { requests: 2, per: '10s', by: 'x-user' } }];
    const { client, gateway } = await chain(({ answer }) => answer(ok('fine')), { clock, rules });
    const ask = async (user: string): Promise<number> =>
      (await client.send(get('/', `x-user: ${user}\r\n`)).response()).status;
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('b')]).toEqual([200, 200, 429, 200]);
    await gateway.dataplane.apply(2, gateway.dataplane.config().documents);
    const response = await client.send(get('/', 'x-user: a\r\n')).response();
    expect([response.status, headersOf(response)['retry-after']]).toEqual([429, '5']);
    expect(headersOf(response)['x-meshproof-error']).toBe('RATE_LIMITED');
    clock.move(5_000);
    expect(await ask('a')).toBe(200);
  });
});

it('an experiment goes on beneath all of them', async () => {
  const v1 = await upstreamThat(({ answer }) => answer(ok('baseline')));
  const v2 = await upstreamThat(({ answer }) => answer(ok('candidate')));
  const { dataplane, port } = await gatewayTo({
    versions: { v1: [v1.port], v2: [v2.port] },
    rules: [
      { ...api, rewrite: { prefix: '/' }, responseHeaders: { set: { 'x-a': '1' } }, rateLimit: { requests: 100 } },
    ],
  });
  dataplane.setOverlays([overlay()]);
  const client = await clientOf(port);
  const response = await client.send(get('/api/x')).response();
  expect([response.body, headersOf(response)['x-a']]).toEqual(['candidate', '1']);
  expect(v2.bytes).toMatch(/^GET \/x HTTP/);
});

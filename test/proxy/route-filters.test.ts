import { expect, test } from 'vitest';
import { header } from './naive-http.ts';
import { chain, get } from './stage.ts';
import { ok } from './scripted-upstream.ts';

const echo =
  (fields = '') =>
  ({ answer }: { answer: (text: string) => void }) =>
    answer(ok('ok', fields));

test('requestHeaders removes, sets and adds what the endpoint sees', async () => {
  const rules = [{ requestHeaders: { set: { 'X-Tier': 'gold' }, add: { accept: 'b/b' }, remove: ['x-secret'] } }];
  const { upstream, client } = await chain(echo(), { rules });
  await client.send(get('/', 'accept: a/a\r\nX-Tier: lead\r\nX-Secret: s\r\n')).response();
  const seen = upstream.requests[0]?.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`) ?? [];
  expect(seen.filter((line) => /^(accept|x-tier|x-secret)/.test(line))).toEqual([
    'accept: a/a',
    'x-tier: gold',
    'accept: b/b',
  ]);
});

test('responseHeaders changes what the client sees', async () => {
  const rules = [{ responseHeaders: { set: { 'x-frame-options': 'DENY' }, remove: ['server'] } }];
  const { client } = await chain(echo('server: old/1\r\nx-frame-options: ALLOW\r\n'), { rules });
  const answer = await client.send(get()).response();
  expect(answer.headers.filter(([name]) => name !== 'content-length')).toEqual([['x-frame-options', 'DENY']]);
});

test.each([
  [{ exact: '/here' }, '/api/a?q=1', '/here?q=1'],
  [{ prefix: '/v2' }, '/api/a?q=1', '/v2/a?q=1'],
  [{ prefix: '/' }, '/api/a', '/a'],
  [{ prefix: '/' }, '/api?q=1', '/?q=1'],
  [{ regex: '/api/(\\w+)/(\\w+)', with: '/$2/$1' }, '/api/a/b?q', '/b/a?q'],
  [{ regex: '/other', with: '/x' }, '/api/a', '/api/a'],
])('a path rewritten by %o: %s becomes %s', async (path, asked, got) => {
  const rules = [{ match: { path: { prefix: '/api' } }, rewrite: { path, host: 'inner:81' } }];
  const { upstream, client } = await chain(echo(), { rules });
  await client.send(get(asked)).response();
  expect(upstream.requests[0]?.target).toBe(got);
  expect(upstream.requests[0]?.headers.filter(([name]) => name.toLowerCase() === 'host')).toEqual([
    ['host', 'inner:81'],
  ]);
});

test.each([
  [{ scheme: 'https' }, '/api/a?q=1', 302, 'https://shop/api/a?q=1'],
  [{ host: 'new.example', status: 308 }, '/api/a', 308, '//new.example/api/a'],
  [{ scheme: 'https', port: 8443 }, '/api', 302, 'https://shop:8443/api'],
  [{ path: { prefix: '/v2' }, status: 301 }, '/api/a?q', 301, '/v2/a?q'],
  [{ path: { prefix: '/' } }, '/api//evil.example/x', 302, '/evil.example/x'],
])('redirect %o of %s answers %i with %s, and no endpoint is asked', async (redirect, asked, status, location) => {
  const rules = [{ match: { path: { prefix: '/api' } }, redirect, responseHeaders: { set: { 'x-by': 'edge' } } }];
  const { upstream, client } = await chain(echo(), { rules });
  const answer = await client.send(get(asked)).response();
  expect([answer.status, header(answer, 'location'), header(answer, 'x-by')]).toEqual([status, location, 'edge']);
  expect(upstream.requests).toHaveLength(0);
});

test('respond answers itself, and the connection goes on', async () => {
  const respond = { status: 410, body: '{"gone":"für immer"}', contentType: 'application/json' };
  const { upstream, client } = await chain(echo(), { rules: [{ match: { path: { exact: '/old' } }, respond }] });
  const answer = await client.send(get('/old')).response();
  expect([answer.status, header(answer, 'content-type')]).toEqual([410, 'application/json']);
  expect(Buffer.from(answer.body, 'latin1').toString('utf8')).toBe(respond.body);
  expect(header(answer, 'x-meshproof-error')).toBeUndefined();
  expect((await client.send(get('/new')).response()).body).toBe('ok');
  expect(upstream.requests).toHaveLength(1);
});

/** Limits that a rule sets on its requests: the size of a body, and how long nothing may move. */
import { describe, expect, it } from 'vitest';
import { HeldClock } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import { chain, get, post } from './stage.ts';

const UPGRADE =
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
const CHUNKED = 'POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n';

const chunk = (size: number): string => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
const limited = (maxBody: string) => chain(({ answer }) => answer(ok()), { rules: [{ maxBody }] });

describe('maxBody', () => {
  it('lets a body of just that size pass, with a length and in chunks', async () => {
    const { client } = await limited('100B');
    expect((await client.send(post('x'.repeat(100))).response()).status).toBe(200);
    expect((await client.send(`${CHUNKED}${chunk(60)}${chunk(40)}0\r\n\r\n`).response()).status).toBe(200);
  });

  it.each([
    ['with a length', post('x'.repeat(101))],
    ['in chunks', `${CHUNKED}${chunk(60)}${chunk(41)}0\r\n\r\n`],
  ])('answers a larger one %s with 413 and asks no endpoint; what follows is served', async (_, request) => {
    const { client, upstream } = await limited('100B');
    const response = await client.send(request).response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([413, 'BODY_TOO_LARGE']);
    expect((await client.send(get('/next')).response()).status).toBe(200);
    expect(upstream.requests.map((r) => r.target)).toEqual(['/next']);
  });

  it('answers before a large body is sent, where its length says it', async () => {
    const { client, upstream } = await limited('1MiB');
    client.send('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 1048577\r\nexpect: 100-continue\r\n\r\n');
    expect((await client.response()).status).toBe(413);
    expect(await client.untilEnded()).not.toBe('open');
    expect(upstream.connections).toBe(0);
  });

  it('breaks a stream off where it becomes too large: the endpoint gets no complete request', async () => {
    const { client, upstream, gateway } = await limited('1MiB');
    client.send(CHUNKED + chunk(900_000));
    await upstream.until(() => upstream.bytes.length > 900_000);
    client.send(chunk(200_000) + chunk(10));
    const response = await client.response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([413, 'BODY_TOO_LARGE']);
    await upstream.until(() => upstream.closed === 1);
    expect(upstream.requests).toEqual([]);
    expect(gateway.dataplane.metrics().requestsInFlight).toBe(0);
  });
});

describe('idleTimeout', () => {
  it('ends a request on which nothing moves, sooner than the five minutes of all others', async () => {
    const clock = new HeldClock();
    const { client, upstream, gateway } = await chain(() => {}, { rules: [{ idleTimeout: '2s' }], clock });
    client.send(get('/'));
    await upstream.until(() => upstream.requests.length === 1);
    clock.move(1_900);
    gateway.dataplane.sweep();
    expect(client.ended).toBe(false);
    clock.move(200);
    gateway.dataplane.sweep();
    const response = await client.response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([504, 'UPSTREAM_TIMEOUT']);
  });

  it('keeps a WebSocket that is quiet for longer than five minutes, and ends it at its own time', async () => {
    const clock = new HeldClock();
    const { client, upstream, gateway } = await chain(({ answer }) => answer(SWITCH), {
      rules: [{ idleTimeout: '1h' }],
      clock,
    });
    await client.send(get('/', UPGRADE)).response();
    clock.move(50 * 60_000);
    gateway.dataplane.sweep();
    upstream.openSockets[0]?.write('still here');
    await client.until(() => client.text === 'still here');
    clock.move(61 * 60_000);
    gateway.dataplane.sweep();
    expect(await client.untilEnded()).not.toBe('open');
  });
});

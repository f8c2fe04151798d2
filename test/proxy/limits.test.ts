/** What the proxy refuses by itself: each answer is marked, none of it reaches an endpoint. */
import { connect } from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ErrorCode } from '../../contracts/errors.ts';
import { ERRORS } from '../../contracts/errors.ts';
import { HeldClock, documentsOf, portOf } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get } from './stage.ts';

describe('its own answers', () => {
  const cases: [string, string, ErrorCode][] = [
    ['a head that is too large', get('/', `x-big: ${'x'.repeat(66_000)}\r\n`), 'HTTP_HEAD_TOO_LARGE'],
    ['too many header lines', get('/', 'a: b\r\n'.repeat(300)), 'HTTP_HEAD_TOO_LARGE'],
    ['a target that is too long', get(`/${'x'.repeat(17_000)}`), 'HTTP_TARGET_TOO_LONG'],
    ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nhost: a\r\n\r\n', 'HTTP_VERSION_UNSUPPORTED'],
    [
      'a transfer coding',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      'HTTP_CODING_UNSUPPORTED',
    ],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'HTTP_MALFORMED'],
    [
      'two framings',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'HTTP_MALFORMED',
    ],
  ];

  it.each(cases)('%s', async (_, wire, code) => {
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()));
    const response = await client.send(wire).response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([ERRORS[code].status, code]);
    expect(header(response, 'connection')).toBe('close');
    expect(await client.untilEnded()).not.toBe('open');
    expect(upstream.bytes).toBe('');
    expect(gateway.dataplane.metrics().errors).toEqual([{ code, count: 1 }]);
  });

  it('are refused at any split of the bytes: a head that is too large is not kept', async () => {
    const { client } = await chain(({ answer }) => answer(ok()));
    client.send('GET / HTTP/1.1\r\nhost: a\r\nx: ');
    for (let i = 0; i < 70; i++) client.send('y'.repeat(1_000));
    expect((await client.response()).status).toBe(431);
  });

  it('have no body in answer to HEAD', async () => {
    const { client } = await chain(({ answer }) => answer(ok()), {
      faults: [{ at: 'request', abort: { status: 503 } }],
    });
    client.send('HEAD / HTTP/1.1\r\nhost: a\r\n\r\n' + 'HEAD / HTTP/1.1\r\nhost: a\r\n\r\n');
    for (let i = 0; i < 2; i++) expect((await client.response('HEAD')).status).toBe(503);
    expect(client.text).toBe('');
  });
});

describe('Max-Forwards: 0', () => {
  it.each([
    ['OPTIONS', 200, undefined],
    ['TRACE', 405, 'METHOD_REFUSED'],
  ])('ends %s here with %s, and nowhere else', async (method, expected, code) => {
    const { upstream, client } = await chain(({ answer }) => answer(ok()));
    const response = await client.send(`${method} / HTTP/1.1\r\nhost: a\r\nmax-forwards: 0\r\n\r\n`).response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([expected, code]);
    expect(header(response, 'allow')).toContain('GET');
    expect(upstream.connections).toBe(0);
  });

  it('means nothing to GET', async () => {
    const { client } = await chain(({ answer }) => answer(ok()));
    expect((await client.send(get('/', 'max-forwards: 0\r\n')).response()).status).toBe(200);
  });
});

describe('slow clients', () => {
  it('a head that trickles is answered 408 however steadily it comes', async () => {
    const clock = new HeldClock();
    const { gateway, client } = await chain(({ answer }) => answer(ok()), { clock });
    client.send('GET / HTTP/1.1\r\n');
    for (let i = 0; i < 100 && client.text === ''; i++) {
      client.send(`x-${i}: y\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      clock.move(3_000);
      gateway.dataplane.sweep();
    }
    const response = await client.response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([408, 'HTTP_REQUEST_TIMEOUT']);
  });

  it('a body that stops is answered 408', async () => {
    const clock = new HeldClock();
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()), { clock });
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
    await expect
      .poll(() => {
        clock.move(10_500);
        gateway.dataplane.sweep();
        return client.text;
      })
      .toMatch(/^HTTP\/1\.1 408 /);
    expect(upstream.connections).toBe(0);
  });

  it('an idle connection is closed after its time, and not before', async () => {
    const clock = new HeldClock();
    const { gateway, client } = await chain(({ answer }) => answer(ok()), { clock, limits: { clientIdleMs: 5_000 } });
    await client.send(get()).response();
    clock.move(4_900);
    gateway.dataplane.sweep();
    await client.send(get()).response();
    clock.move(4_900);
    gateway.dataplane.sweep();
    expect(client.ended).toBe(false);
    clock.move(200);
    gateway.dataplane.sweep();
    expect(await client.untilEnded()).toBe('closed');
  });

  it('an idle connection is closed when its gateway says so, of HTTP/2 too', async () => {
    const clock = new HeldClock();
    const { gateway, client, upstream } = await chain(({ answer }) => answer(ok()), { clock });
    const documents = documentsOf({ versions: { v1: [upstream.port] } }).map((d) =>
      d.kind === 'Gateway' ? { ...d, spec: { ...d.spec, idleTimeout: '5s' } } : d,
    );
    await gateway.dataplane.apply(2, documents);
    await client.send(get()).response();
    const session = connect(`http://127.0.0.1:${gateway.port}`);
    onTestFinished(() => session.destroy());
    await new Promise((resolve) => session.request({ ':authority': 'shop' }).resume().once('close', resolve));
    gateway.dataplane.sweep();
    clock.move(4_900);
    gateway.dataplane.sweep();
    expect([client.ended, session.closed]).toEqual([false, false]);
    clock.move(200);
    gateway.dataplane.sweep();
    expect(await client.untilEnded()).toBe('closed');
    await expect.poll(() => session.closed).toBe(true);
  });

  it('a connection is not idle because its last answer took long', async () => {
    const clock = new HeldClock();
    const { upstream, gateway, client } = await chain(() => {}, { clock, limits: { clientIdleMs: 5_000 } });
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    clock.move(20_000);
    upstream.openSockets[0]?.write(ok());
    await client.response();
    gateway.dataplane.sweep();
    upstream.script = ({ answer }) => answer(ok());
    expect((await client.send(get()).response()).status).toBe(200);
  });
});

it('a request that comes round to the same proxy is answered 508', async () => {
  const { dataplane, port } = await gatewayTo({ versions: { v1: [1] } });
  await dataplane.apply(2, documentsOf({ versions: { v1: [port] } }));
  expect(portOf(dataplane)).toBe(port);
  const client = await clientOf(port);
  const response = await client.send(get()).response();
  expect([response.status, header(response, 'x-meshproof-error')]).toEqual([508, 'LOOP_DETECTED']);
});

it('connections beyond the limit are shed, and counted', async () => {
  const { gateway, client } = await chain(({ answer }) => answer(ok()), { limits: { maxConnections: 1 } });
  await client.send(get()).response();
  const other = await clientOf(gateway.port);
  expect(await other.untilEnded()).not.toBe('open');
  expect(gateway.dataplane.metrics()).toMatchObject({
    downstreamConnections: 1,
    downstreamConnectionsTotal: 2,
    errors: [{ code: 'OVERLOADED', count: 1 }],
  });
});

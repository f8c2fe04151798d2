/** A gateway that clients take for their HTTP proxy, and the outbound port of a sidecar used as one. */
import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dataplane } from '../../proxy/dataplane.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';
import { portOf } from './gateway.ts';
import { header } from './naive-http.ts';
import { ask } from './raw-client.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { ok } from './scripted-upstream.ts';
import { clientOf, upstreamThat } from './stage.ts';
import { bytesDocuments, bytesGateway, echo, serverThat } from './tcp-stage.ts';
import type { Services } from './tcp-stage.ts';

const PROXY = { protocol: 'http-proxy' };

async function shopProxy(
  spec: Record<string, unknown> = {},
): Promise<{ shop: ScriptedUpstream; port: number; dataplane: Dataplane }> {
  const shop = await upstreamThat(({ request: { target }, answer }) => answer(ok(`shop ${target}`)));
  return { shop, ...(await bytesGateway({ ...PROXY, ...spec }, { shop: { v1: [shop.port] } })) };
}

async function outbound(services: Services): Promise<number> {
  const dataplane = new Dataplane({
    source: 'cart',
    gateways: [],
    outbound: '127.0.0.1:0',
    halt: new HaltSwitch(),
    clock: { nowMs: () => performance.now() },
    seed: 7,
  });
  onTestFinished(() => dataplane.drain(0));
  await dataplane.apply(1, bytesDocuments({ protocol: 'http', defaultService: Object.keys(services)[0] }, services));
  return portOf(dataplane);
}

describe('a request with an absolute URL', () => {
  it.each(['http://shop/a?b=1', 'http://SHOP:8080/a?b=1', 'HTTP://shop.mesh/a?b=1'])(
    '%s goes to the service',
    async (url) => {
      const { port, dataplane } = await shopProxy();
      const response = await ask(port, `GET ${url} HTTP/1.1\r\nhost: shop\r\n\r\n`);
      expect([response.status, response.body]).toEqual([200, 'shop /a?b=1']);
      expect(dataplane.metrics().traffic.find((t) => t.version === 'v1')).toMatchObject({ service: 'shop' });
    },
  );

  it('goes where its target says and carries that Host, whatever Host came with it', async () => {
    const { shop, port } = await shopProxy();
    await ask(port, 'GET http://shop:81/ HTTP/1.1\r\nhost: evil.example\r\nproxy-authorization: Basic eDp5\r\n\r\n');
    expect(shop.bytes).toMatch(/^GET \/ HTTP\/1\.1\r\nhost: shop:81\r\n/);
    expect(shop.bytes).not.toMatch(/evil|proxy-authorization/);
    const refused = await ask(port, 'GET http://evil.example/ HTTP/1.1\r\nhost: shop\r\n\r\n');
    expect([refused.status, header(refused, 'x-meshproof-error')]).toEqual([403, 'PROXY_HOST_REFUSED']);
  });

  it('is sent by a client of node:http that was told of a proxy', async () => {
    const { port } = await shopProxy();
    const body = await new Promise((resolve) => {
      const options = { port, path: 'http://shop/from-node', headers: { host: 'shop' } };
      request(options, (response) => response.setEncoding('latin1').once('data', resolve)).end();
    });
    expect(body).toBe('shop /from-node');
  });

  it('for an alias of `hosts` goes to its service', async () => {
    const { port } = await shopProxy({ hosts: { 'www.shop.example': 'shop' } });
    expect((await ask(port, 'GET http://www.shop.example/x HTTP/1.1\r\nhost: a\r\n\r\n')).body).toBe('shop /x');
  });
});

describe('hosts outside of the mesh', () => {
  it('are reached where host and port are named, by absolute URL and by CONNECT', async () => {
    const outside = await upstreamThat(({ answer }) => answer(ok('outside')));
    const { port, dataplane } = await shopProxy({ passThrough: [`LocalHost:${outside.port}`] });
    const url = `http://localhost:${outside.port}/x`;
    const response = await ask(port, `GET ${url} HTTP/1.1\r\nhost: a\r\n\r\n`);
    expect([response.status, response.body]).toEqual([200, 'outside']);
    const client = await clientOf(port);
    client.send(`CONNECT localhost:${outside.port} HTTP/1.1\r\nhost: localhost:${outside.port}\r\n\r\n`);
    expect((await client.response('CONNECT')).status).toBe(200);
    expect((await client.send('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n').response()).body).toBe('outside');
    expect(dataplane.metrics().traffic.map((t) => `${t.service}/${t.version}`)).toContain('localhost/external');
    expect(dataplane.metrics().tcp[0]).toMatchObject({ service: 'localhost', version: 'external', opened: 1 });
  });

  it('are refused on another port, under another name, and for https:// that would go out in the clear', async () => {
    const outside = await upstreamThat(({ answer }) => answer(ok('outside')));
    const { port, dataplane } = await shopProxy({ passThrough: [`localhost:${outside.port}`] });
    const targets = ['http://localhost/', `http://127.0.0.1:${outside.port}/`, `https://localhost:${outside.port}/`];
    for (const target of targets) {
      const response = await ask(port, `GET ${target} HTTP/1.1\r\nhost: localhost:${outside.port}\r\n\r\n`);
      expect([target, response.status, header(response, 'x-meshproof-error')]).toEqual([
        target,
        403,
        'PROXY_HOST_REFUSED',
      ]);
    }
    expect(outside.connections).toBe(0);
    expect(dataplane.metrics().errors).toContainEqual({ code: 'PROXY_HOST_REFUSED', count: 3 });
  });

  it('go on being reached with the next configuration, and no longer when it does not name them', async () => {
    const outside = await upstreamThat(({ answer }) => answer(ok('outside')));
    const passThrough = [`localhost:${outside.port}`];
    const { shop, port, dataplane } = await shopProxy({ passThrough });
    const status = async (): Promise<number> =>
      (await ask(port, `GET http://localhost:${outside.port}/ HTTP/1.1\r\nhost: a\r\n\r\n`)).status;
    const services = { shop: { v1: [shop.port] } };
    await dataplane.apply(2, bytesDocuments({ ...PROXY, passThrough }, services));
    expect(await status()).toBe(200);
    await dataplane.apply(3, bytesDocuments(PROXY, services));
    expect(await status()).toBe(403);
  });
});

describe('CONNECT', () => {
  it('to a service is a tunnel to one of its endpoints, both ways, with what came behind its head and half-closes', async () => {
    const db = await serverThat((socket) => {
      let seen = '';
      socket.on('data', (bytes) => (seen += bytes.toString()));
      socket.on('end', () => socket.end(`got ${seen}`));
    });
    const { port, dataplane } = await bytesGateway(PROXY, { db: { v1: [1, db] } });
    const client = await clientOf(port);
    client.send('CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\nearly ').send('late');
    client.socket.end();
    await client.untilEnded();
    expect(client.text).toBe('HTTP/1.1 200 Connection Established\r\n\r\ngot early late');
    await expect.poll(() => dataplane.metrics().tcp[0]).toMatchObject({ opened: 1, closed: 1, sentBytes: 10 });
    expect(dataplane.metrics().downstreamConnections).toBe(0);
  });

  it('meets the faults of the service on connections', async () => {
    const db = await serverThat(echo);
    const faults = [{ service: 'db', percent: 100, tcp: { direction: 'downstream', limitData: { bytes: 3 } } }];
    const { port } = await bytesGateway(PROXY, { db: { v1: [db] } }, faults);
    const client = await clientOf(port);
    await client.send('CONNECT db:1 HTTP/1.1\r\nhost: db:1\r\n\r\n').response('CONNECT');
    client.send('abcdef');
    await client.untilEnded();
    expect(client.text).toBe('abc');
  });

  it('to a host that is unknown is refused with a code, and what follows is not read as a request', async () => {
    const { shop, port } = await shopProxy();
    const client = await clientOf(port);
    client.send(
      'CONNECT evil.example:443 HTTP/1.1\r\nhost: shop:443\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: shop\r\n\r\n',
    );
    const response = await client.response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([403, 'PROXY_HOST_REFUSED']);
    expect(await client.untilEnded()).not.toBe('open');
    expect([client.text, shop.requests]).toEqual(['', []]);
  });

  it('to a service without a living endpoint is answered with 503 and its code', async () => {
    const { port, dataplane } = await bytesGateway(PROXY, { db: { v1: [1] } });
    const response = await ask(port, 'CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\n');
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([503, 'UPSTREAM_CONNECT_FAILED']);
    await expect.poll(() => dataplane.metrics().downstreamConnections).toBe(0);
  });
});

describe('the outbound port of a sidecar', () => {
  it('is an HTTP proxy for services too', async () => {
    const db = await serverThat(echo);
    const shop = await upstreamThat(({ answer }) => answer(ok('shop')));
    const port = await outbound({ shop: { v1: [shop.port] }, db: { v1: [db] } });
    expect((await ask(port, 'GET http://shop/ HTTP/1.1\r\nhost: shop\r\n\r\n')).body).toBe('shop');
    const client = await clientOf(port);
    await client.send('CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\n').response('CONNECT');
    client.send('ping');
    await client.until(() => client.text === 'ping');
    expect((await ask(port, 'CONNECT other:1 HTTP/1.1\r\nhost: other:1\r\n\r\n')).status).toBe(404);
  });
});

/** Connections that are passed on as bytes between two sidecars: over mTLS, and only for whom the policy allows. */
import { describe, expect, it } from 'vitest';
import { TestAuthority } from './certificates.ts';
import { held, identityOf, meshDocuments, portIn, sidecarOf } from './inbound-stage.ts';
import type { Sidecar } from './inbound-stage.ts';
import { header } from './naive-http.ts';
import type { RawClient } from './raw-client.ts';
import { clientOf } from './stage.ts';
import { serverThat } from './tcp-stage.ts';

type Mesh = {
  readonly shop: Sidecar;
  readonly callerOf: (name: string) => Promise<Sidecar>;
  readonly reached: string[];
};

/** An application that says what it has read once its caller has closed its side. */
async function mesh(policy?: Record<string, unknown>, isImpostor = false): Promise<Mesh> {
  const reached: string[] = [];
  const endpoint = await serverThat((socket) => {
    let seen = '';
    reached.push('');
    socket.on('data', (bytes) => (seen += bytes.toString()));
    socket.on('end', () => socket.end(`got ${seen}`));
  });
  const authority = await TestAuthority.make();
  const wish = { endpoint, inbound: '127.0.0.1:0', ...(policy ? { policy } : {}) };
  const own = await identityOf(authority, isImpostor ? 'spy' : 'shop');
  const shop = await sidecarOf('shop', held(own), meshDocuments(wish));
  const documents = meshDocuments({ ...wish, inbound: shop.inbound });
  const callerOf = async (name: string): Promise<Sidecar> =>
    sidecarOf(name, held(await identityOf(authority, name)), documents);
  return { shop, callerOf, reached };
}

async function tunnel({
  outbound,
}: Sidecar): Promise<{ client: RawClient; status: number; error: string | undefined }> {
  const client = await clientOf(portIn(outbound));
  const answer = await client.send('CONNECT shop:5432 HTTP/1.1\r\nhost: shop:5432\r\n\r\n').response('CONNECT');
  return { client, status: answer.status, error: header(answer, 'x-meshproof-error') };
}

describe('bytes between two sidecars', () => {
  it('go both ways with half-closes, and count on both sides', async () => {
    const { shop, callerOf } = await mesh();
    const checkout = await callerOf('checkout');
    const { client, status } = await tunnel(checkout);
    expect(status).toBe(200);
    client.send('x'.repeat(200_000)).send('end').socket.end();
    await client.untilEnded();
    expect(client.text).toBe(`got ${'x'.repeat(200_000)}end`);
    const counted = { opened: 1, closed: 1, sentBytes: 200_003, receivedBytes: 200_007 };
    await expect.poll(() => shop.dataplane.metrics().tcp).toMatchObject([{ side: 'destination', ...counted }]);
    await expect.poll(() => checkout.dataplane.metrics().tcp).toMatchObject([{ side: 'source', opened: 1, closed: 1 }]);
  });

  it.each([
    [{ rules: [{ from: ['checkout'] }] }, 'checkout', 1],
    [{ rules: [{ from: ['checkout'] }] }, 'spy', 0],
    [{ rules: [{ from: ['checkout'], methods: ['GET'] }] }, 'checkout', 0],
    [{ rules: [{ from: ['spy'], paths: [{ prefix: '/x' }], action: 'deny' }], default: 'allow' }, 'spy', 0],
    [{ rules: [{ from: ['spy'], action: 'deny' }], default: 'allow' }, 'checkout', 1],
  ])('with %j let %s through %i times', async (policy, name, times) => {
    const { shop, callerOf, reached } = await mesh(policy);
    const { client } = await tunnel(await callerOf(name));
    client.send('a').socket.end();
    await client.untilEnded();
    expect(reached).toHaveLength(times);
    expect(shop.dataplane.metrics().errors).toEqual(times === 1 ? [] : [{ code: 'ACCESS_DENIED', count: 1 }]);
  });

  it('do not go to a server that is another service', async () => {
    const { callerOf, reached } = await mesh(undefined, true);
    const { status, error } = await tunnel(await callerOf('checkout'));
    expect([status, error]).toEqual([503, 'TLS_NAME_MISMATCH']);
    expect(reached).toEqual([]);
  });
});

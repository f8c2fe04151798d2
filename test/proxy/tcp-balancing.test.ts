/** Connections that are passed on as bytes: which endpoint gets them, how many at once, and across which partition none. */
import { describe, expect, it } from 'vitest';
import { portOf } from './gateway.ts';
import { clientOf } from './stage.ts';
import { bytesDocuments, bytesGateway, echo, says, serverThat } from './tcp-stage.ts';

type Gateway = Awaited<ReturnType<typeof bytesGateway>>;

/** A gateway to `db`, whose endpoints and resilience are as a person writes them. */
async function gatewayTo(endpoints: readonly unknown[], resilience: Record<string, unknown>): Promise<Gateway> {
  const spec = { protocol: 'tcp', defaultService: 'db' };
  const { dataplane } = await bytesGateway(spec, { db: { v1: [1] } });
  const documents = bytesDocuments(spec, { db: { v1: [1] } }).map((d) =>
    d.kind === 'Service' ? { ...d, spec: { stable: 'v1', versions: { v1: { endpoints } }, resilience } } : d,
  );
  await dataplane.apply(2, documents);
  return { dataplane, port: portOf(dataplane) };
}

async function textFrom(port: number): Promise<string> {
  const client = await clientOf(port);
  await client.untilEnded();
  return client.text;
}

describe('connections', () => {
  it('follow the weights of the endpoints', async () => {
    const [heavy, light] = [await serverThat(says('h')), await serverThat(says('l'))];
    const endpoints = [{ address: `127.0.0.1:${heavy}`, weight: 3 }, `127.0.0.1:${light}`];
    const { port } = await gatewayTo(endpoints, {});
    let text = '';
    for (let i = 0; i < 12; i++) text += await textFrom(port);
    expect([...text].sort().join('')).toBe(`${'h'.repeat(9)}${'l'.repeat(3)}`);
  });

  it('are in flight at their endpoints while they are open', async () => {
    const db = await serverThat(echo);
    const { port, dataplane } = await gatewayTo([`127.0.0.1:${db}`], { balancer: { policy: 'least-request' } });
    const clients = await Promise.all([clientOf(port), clientOf(port), clientOf(port)]);
    const inFlight = (): unknown => dataplane.endpoints()[0]?.inFlight;
    await expect.poll(inFlight).toBe(3);
    for (const client of clients) client.close();
    await expect.poll(inFlight).toBe(0);
  });

  it('eject an endpoint that cannot be reached, and go on to the next meanwhile', async () => {
    const alive = await serverThat(says('alive'));
    const resilience = { outlierDetection: { consecutive5xx: 2 } };
    const { port, dataplane } = await gatewayTo(['127.0.0.1:1', `127.0.0.1:${alive}`], resilience);
    for (let i = 0; i < 6; i++) expect(await textFrom(port)).toBe('alive');
    const [pool] = dataplane.metrics().pools;
    expect(pool).toMatchObject({ ejections: { 'consecutive-5xx': 1 }, states: { available: 1, ejected: 1 } });
  });

  it('are as many at once as the circuit breaker allows; one that has ended makes room', async () => {
    const db = await serverThat(echo);
    const { port, dataplane } = await gatewayTo([`127.0.0.1:${db}`], { circuitBreaker: { maxConnections: 1 } });
    const first = await clientOf(port);
    await first.send('a').until(() => first.text === 'a');
    await (await clientOf(port)).untilEnded();
    expect(dataplane.metrics().errors).toEqual([{ code: 'CIRCUIT_OPEN', count: 1 }]);
    first.close();
    await expect.poll(() => dataplane.metrics().tcp[0]?.closed).toBe(1);
    const third = await clientOf(port);
    await third.send('c').until(() => third.text === 'c');
  });
});

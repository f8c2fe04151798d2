/** Local ports of a sidecar that lead to one service each. */
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { overlay } from './gateway.ts';
import { portIn, sidecarOf } from './inbound-stage.ts';
import { ask } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import { clientOf, get, upstreamThat } from './stage.ts';
import { echo, serverThat } from './tcp-stage.ts';

const apiVersion = 'meshproof.dev/v1';

function service(name: string, versions: Record<string, number>, upstreams?: readonly unknown[]): SourceDocument {
  const all = Object.entries(versions).map(([version, port]) => [
    version,
    { endpoints: [`127.0.0.1:${port}`], ...(upstreams ? { upstreams } : {}) },
  ]);
  return {
    apiVersion,
    kind: 'Service',
    metadata: { name },
    spec: { stable: Object.keys(versions)[0] ?? '', versions: Object.fromEntries(all) },
  };
}

const portOf = (dataplane: Dataplane, name: string): number =>
  portIn(dataplane.config().listeners.find((l) => l.name === name)?.address ?? '');

it('sends HTTP to its service whatever the Host says, with its faults and experiments', async () => {
  const v1 = await upstreamThat(({ answer }) => answer(ok('v1')));
  const v2 = await upstreamThat(({ answer }) => answer(ok('v2')));
  const { dataplane } = await sidecarOf('cart', undefined, [
    service('cart', { v1: 1 }, [{ service: 'shop', listen: '127.0.0.1:0' }]),
    service('shop', { v1: v1.port, v2: v2.port }),
    {
      apiVersion,
      kind: 'Fault',
      metadata: { name: 'f' },
      spec: {
        service: 'shop',
        at: 'request',
        match: { path: { prefix: '/bad' } },
        percent: 100,
        abort: { status: 418 },
      },
    },
  ]);
  const port = portOf(dataplane, 'upstream shop (http)');
  expect((await ask(port, get().replace('host: shop', 'host: 127.0.0.1:9200'))).body).toBe('v1');
  expect((await ask(port, get('/bad'))).status).toBe(418);
  dataplane.setOverlays([overlay()]);
  expect((await ask(port, get())).body).toBe('v2');
});

it('passes bytes on to an endpoint of its service', async () => {
  const db = await serverThat(echo);
  const { dataplane } = await sidecarOf('cart', undefined, [
    service('cart', { v1: 1 }, [{ service: 'db', listen: '127.0.0.1:0', protocol: 'tcp' }]),
    service('db', { v1: db }),
  ]);
  const client = await clientOf(portOf(dataplane, 'upstream db (tcp)'));
  client.send('select 1');
  await client.until(() => client.text === 'select 1');
  expect(dataplane.metrics().tcp[0]).toMatchObject({ service: 'db', version: 'v1', opened: 1 });
});

it('opens and closes with the configuration, and only beside the version that asks for it', async () => {
  const shop = await upstreamThat(({ answer }) => answer(ok()));
  const upstreams = [{ service: 'shop', listen: '127.0.0.1:0' }];
  const named = (dataplane: Dataplane): string[] => dataplane.config().listeners.map((l) => l.name);
  const other = await sidecarOf('shop', undefined, [
    service('cart', { v1: 1 }, upstreams),
    service('shop', { v1: shop.port }),
  ]);
  expect(named(other.dataplane)).toEqual(['outbound']);
  const { dataplane } = await sidecarOf('cart', undefined, [
    service('cart', { v1: 1 }),
    service('shop', { v1: shop.port }),
  ]);
  await dataplane.apply(2, [service('cart', { v1: 1 }, upstreams), service('shop', { v1: shop.port })]);
  expect(named(dataplane)).toEqual(['outbound', 'upstream shop (http)']);
  const port = portOf(dataplane, 'upstream shop (http)');
  expect((await ask(port, get())).status).toBe(200);
  await dataplane.apply(3, [service('cart', { v1: 1 }), service('shop', { v1: shop.port })]);
  const refused = await new Promise((resolve) => {
    connect({ port, host: '127.0.0.1' }).once('error', resolve).once('connect', resolve);
  });
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
});

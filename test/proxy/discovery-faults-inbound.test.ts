/** Endpoints that are gone behind a sidecar: it chooses among them, so there the fault acts, and not at its callers. */
import { expect, it } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { overlay } from './gateway.ts';
import { portIn, sidecarOf } from './inbound-stage.ts';
import type { Sidecar } from './inbound-stage.ts';
import { ok } from './scripted-upstream.ts';
import { clientOf, upstreamThat } from './stage.ts';

const apiVersion = 'meshproof.dev/v1';
const ANY_PORT = '127.0.0.1:0';

function documents(inbound: string, ports: readonly number[], fault?: Record<string, unknown>): SourceDocument[] {
  const endpoints = ports.map((port) => `127.0.0.1:${port}`);
  const versions = { v1: { endpoints, inbound } };
  const caller = { stable: 'v1', versions: { v1: { endpoints: ['127.0.0.1:1'] } } };
  return [
    { apiVersion, kind: 'Service', metadata: { name: 'shop' }, spec: { stable: 'v1', versions, mtls: 'off' } },
    { apiVersion, kind: 'Service', metadata: { name: 'checkout' }, spec: caller },
    ...(fault ? [{ apiVersion, kind: 'Fault', metadata: { name: 'gone' }, spec: { service: 'shop', ...fault } }] : []),
  ];
}

type Mesh = {
  readonly shop: Sidecar;
  readonly caller: Sidecar;
  readonly ports: readonly number[];
  /** To both; without a fault none is in force. */
  readonly declare: (fault?: Record<string, unknown>) => Promise<void>;
};

async function shopOfTwo(): Promise<Mesh> {
  const ports: number[] = [];
  for (const name of ['a', 'b']) ports.push((await upstreamThat(({ answer }) => answer(ok(name)))).port);
  const shop = await sidecarOf('shop', undefined, documents(ANY_PORT, ports));
  const caller = await sidecarOf('checkout', undefined, documents(shop.inbound, ports));
  const declare = async (fault?: Record<string, unknown>): Promise<void> => {
    await shop.dataplane.apply(2, documents(ANY_PORT, ports, fault));
    await caller.dataplane.apply(2, documents(shop.inbound, ports, fault));
  };
  return { shop, caller, ports, declare };
}

async function answers({ caller }: Mesh, requests: number): Promise<Set<string>> {
  const client = await clientOf(portIn(caller.outbound));
  const seen = new Set<string>();
  for (let i = 0; i < requests; i++) {
    const { status, body } = await client.send('GET / HTTP/1.1\r\nhost: shop\r\n\r\n').response();
    seen.add(status === 200 ? body : `${status}`);
  }
  client.close();
  return seen;
}

function injected({ dataplane }: Sidecar): number[] {
  return dataplane.metrics().faults.map((total) => total.injected);
}

it('an endpoint that is gone is not asked by the sidecar before it, which counts it', async () => {
  const mesh = await shopOfTwo();
  await mesh.declare({ endpointGone: [`127.0.0.1:${mesh.ports[0]}`] });
  expect(await answers(mesh, 10)).toEqual(new Set(['b']));
  expect([injected(mesh.shop), injected(mesh.caller)]).toEqual([[10], [0]]);
  await mesh.declare();
  expect(await answers(mesh, 40)).toEqual(new Set(['a', 'b']));
});

it('a number of endpoints is taken from those behind the sidecar, never the sidecar itself', async () => {
  const mesh = await shopOfTwo();
  await mesh.declare({ endpointGone: 1 });
  expect((await answers(mesh, 10)).size).toBe(1);
  await mesh.declare({ endpointGone: 2 });
  expect(await answers(mesh, 1)).toEqual(new Set(['503']));
  expect([injected(mesh.shop), injected(mesh.caller)]).toEqual([[1], [0]]);
});

it('a sidecar that is gone is not called', async () => {
  const mesh = await shopOfTwo();
  const fault = { endpointGone: [mesh.shop.inbound] };
  await mesh.caller.dataplane.apply(2, documents(mesh.shop.inbound, mesh.ports, fault));
  expect(await answers(mesh, 2)).toEqual(new Set(['503']));
  expect(injected(mesh.caller)).toEqual([2]);
});

it('an experiment takes endpoints away behind a sidecar too, until its overlay is gone', async () => {
  const mesh = await shopOfTwo();
  const faults = [{ name: 'gone', spec: { service: 'shop', endpointGone: [`127.0.0.1:${mesh.ports[1]}`] } }];
  const laid = overlay({ candidate: 'v1', candidatePpm: 0, faults });
  for (const { dataplane } of [mesh.shop, mesh.caller]) expect(dataplane.setOverlays([laid])).toEqual({ refused: [] });
  expect(await answers(mesh, 10)).toEqual(new Set(['a']));
  expect(mesh.shop.dataplane.takeTelemetry().hits).toEqual([{ experimentId: 'run-1', fault: 'gone', hits: 10 }]);
  expect(mesh.caller.dataplane.takeTelemetry().hits).toBeUndefined();
  mesh.shop.dataplane.setOverlays([]);
  expect(await answers(mesh, 40)).toEqual(new Set(['a', 'b']));
});

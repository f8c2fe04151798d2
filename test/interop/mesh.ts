/** Gateways in front of one endpoint, and an endpoint of plain HTTP. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Protocol } from '../../contracts/service.ts';
import { Dataplane } from '../../proxy/dataplane.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';

const BODY = 'hello'.repeat(20);

export type Gateway = { readonly port: number; readonly close: () => Promise<void> };

export async function openGatewayTo(upstreamPort: number, protocol: Protocol): Promise<Gateway> {
  const dataplane = new Dataplane({
    source: 'interop',
    gateways: 'all',
    halt: new HaltSwitch(),
    clock: { nowMs: () => performance.now() },
    seed: 1,
  });
  const apiVersion = 'meshproof.dev/v1';
  const versions = { v1: { protocol, endpoints: [`127.0.0.1:${upstreamPort}`] } };
  await dataplane.apply(1, [
    { apiVersion, kind: 'Gateway', metadata: { name: 'edge' }, spec: { listen: '127.0.0.1:0', defaultService: 'x' } },
    { apiVersion, kind: 'Service', metadata: { name: 'x' }, spec: { stable: 'v1', versions } },
  ]);
  const port = Number(dataplane.config().listeners[0]?.address.split(':').at(-1));
  return { port, close: () => dataplane.drain(0) };
}

/** As openPlainEndpoint, in HTTP/2 and with nothing before it. */
export async function openBareHttp2(): Promise<{ readonly port: number; readonly server: Http2Server }> {
  const server = createHttp2Server((request, response) => {
    request.resume();
    request.on('end', () => response.end(BODY));
  });
  // Broken frames are what h2spec sends: their sessions end, and that is all.
  server.on('sessionError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

/** Answers everything with a body that is larger than h2spec's smallest window. */
export async function openPlainEndpoint(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(BODY));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

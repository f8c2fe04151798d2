/** Servers of bytes, and a gateway that passes connections on to them; closed again when the test ends. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { Dataplane } from '../../proxy/dataplane.ts';
import type { Clock } from '../../proxy/dataplane-api.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';
import { portOf } from './gateway.ts';

/** A server of bytes. @returns its port */
export async function serverThat(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export async function bytesGateway(
  spec: Record<string, unknown>,
  services: Services,
  faults: readonly Record<string, unknown>[] = [],
  clock: Clock = { nowMs: () => performance.now() },
): Promise<{ dataplane: Dataplane; port: number }> {
  const dataplane = new Dataplane({ source: 'edge', gateways: 'all', halt: new HaltSwitch(), clock, seed: 7 });
  onTestFinished(() => dataplane.drain(0));
  await dataplane.apply(1, bytesDocuments(spec, services, faults));
  return { dataplane, port: portOf(dataplane) };
}

/** Service to its versions, each with the ports of its endpoints; the first version is stable. */
export type Services = Record<string, Record<string, readonly number[]>>;

export function bytesDocuments(
  spec: Record<string, unknown>,
  services: Services,
  faults: readonly Record<string, unknown>[] = [],
): SourceDocument[] {
  const apiVersion = 'meshproof.dev/v1';
  return [
    { apiVersion, kind: 'Gateway', metadata: { name: 'edge' }, spec: { listen: '127.0.0.1:0', ...spec } },
    ...Object.entries(services).map(([name, versions]) => ({
      apiVersion,
      kind: 'Service',
      metadata: { name },
      spec: {
        stable: Object.keys(versions)[0] ?? '',
        versions: Object.fromEntries(
          Object.entries(versions).map(([v, ports]) => [v, { endpoints: ports.map((p) => `127.0.0.1:${p}`) }]),
        ),
      },
    })),
    ...faults.map((fault, i) => ({ apiVersion, kind: 'Fault', metadata: { name: `fault-${i + 1}` }, spec: fault })),
  ];
}

export const echo = (socket: Socket): void => void socket.pipe(socket);
export const says = (text: string) => (socket: Socket) => void socket.end(text);

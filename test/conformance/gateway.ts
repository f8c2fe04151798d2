/** A gateway on an ephemeral port in front of one upstream. */
import { Dataplane } from '../../proxy/dataplane.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';

export async function gatewayTo(upstreamPort: number): Promise<Dataplane> {
  const dataplane = new Dataplane({
    source: 'conformance',
    gateways: 'all',
    halt: new HaltSwitch(),
    clock: { nowMs: () => performance.now() },
    seed: 1,
  });
  const apiVersion = 'meshproof.dev/v1';
  await dataplane.apply(1, [
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name: 'edge' },
      spec: { listen: '127.0.0.1:0', defaultService: 'echo' },
    },
    {
      apiVersion,
      kind: 'Service',
      metadata: { name: 'echo' },
      spec: { stable: 'v1', versions: { v1: { endpoints: [`127.0.0.1:${upstreamPort}`] } } },
    },
  ]);
  return dataplane;
}

export function portOf(dataplane: Dataplane): number {
  return Number(dataplane.config().listeners[0]?.address.split(':').at(-1));
}

/** What a whole-socket test stands on, closed again when the test ends. */
import { onTestFinished } from 'vitest';
import { openGateway } from './gateway.ts';
import type { Gateway, Setup } from './gateway.ts';
import { RawClient } from './raw-client.ts';
import { ScriptedUpstream } from './scripted-upstream.ts';
import type { Script } from './scripted-upstream.ts';

export async function upstreamThat(script: Script): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.open(script);
  onTestFinished(() => upstream.close());
  return upstream;
}

export async function gatewayTo(setup: Setup): Promise<Gateway> {
  const gateway = await openGateway(setup);
  onTestFinished(gateway.close);
  return gateway;
}

export async function clientOf(port: number): Promise<RawClient> {
  const client = await RawClient.open(port);
  onTestFinished(() => client.close());
  return client;
}

/** One upstream as v1 behind a gateway, and a client of it. */
export async function chain(
  script: Script,
  setup: Omit<Setup, 'versions'> = {},
): Promise<{ upstream: ScriptedUpstream; gateway: Gateway; client: RawClient }> {
  const upstream = await upstreamThat(script);
  const gateway = await gatewayTo({ ...setup, versions: { v1: [upstream.port] } });
  return { upstream, gateway, client: await clientOf(gateway.port) };
}

export function get(path = '/', fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nhost: shop\r\n${fields}\r\n`;
}

export function post(body: string, fields = ''): string {
  return `POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: ${body.length}\r\n${fields}\r\n${body}`;
}

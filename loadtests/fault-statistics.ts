/**
 * `npm run bench:faults -- [--requests 100000]`: many requests through a data plane with a fault of each kind, twice with
 * the same seed. Fails when a kind's rate is more than three standard deviations from what was declared, or when the two
 * runs did not touch the same requests.
 */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Dataplane } from '../proxy/dataplane.ts';
import { HaltSwitch } from '../proxy/halt-switch.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '100000' } } });
const REQUESTS = Number(values.requests);
const CONNECTIONS = 64;
const BODY = JSON.stringify({ item: 7, text: 'x'.repeat(80) });

type Declared = { readonly name: string; readonly percent: number; readonly spec: Record<string, unknown> };

/** Each marks the answers that it touched with a header of its own; an abort shows by its status, a reset by itself. */
const FAULTS: readonly Declared[] = [
  { name: 'delay', percent: 3, spec: { delay: { exponential: { mean: '2ms' } } } },
  { name: 'headers', percent: 10, spec: {} },
  { name: 'corrupt', percent: 2, spec: { corrupt: { percent: 3 } } },
  { name: 'truncate', percent: 1, spec: { truncate: { afterBytes: 10, clean: true } } },
  { name: 'throttle', percent: 0.5, spec: { throttle: { bytesPerSecond: 100_000 } } },
  { name: 'body', percent: 4, spec: { body: { patch: { item: 8 } } } },
  { name: 'abort', percent: 5, spec: { at: 'request', abort: { status: 418 } } },
  { name: 'reset', percent: 0.5, spec: { at: 'request', abort: { reset: true } } },
];

type Touched = ReadonlyMap<string, ReadonlySet<number>>;

async function run(): Promise<Touched> {
  const upstream = createServer((_, response) => response.end(BODY));
  await new Promise<void>((open) => upstream.listen(0, '127.0.0.1', open));
  const halt = new HaltSwitch();
  const clock = { nowMs: () => performance.now() };
  const dataplane = new Dataplane({ source: 'faults', gateways: 'all', halt, clock, seed: 1 });
  await dataplane.apply(1, documents((upstream.address() as AddressInfo).port));
  const port = Number(dataplane.config().listeners[0]?.address.split(':').at(-1));
  const touched = new Map(FAULTS.map(({ name }) => [name, new Set<number>()]));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let id = next++; id < REQUESTS; id = next++)
      for (const name of await ask(agent, port, id)) touched.get(name)?.add(id);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
  await dataplane.drain(0);
  upstream.close();
  return touched;
}

function documents(
  port: number,
): { apiVersion: string; kind: string; metadata: { name: string }; spec: Record<string, unknown> }[] {
  const apiVersion = 'meshproof.dev/v1';
  const versions = { v1: { endpoints: [`127.0.0.1:${port}`] } };
  return [
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name: 'edge' },
      spec: { listen: '127.0.0.1:0', defaultService: 'shop' },
    },
    { apiVersion, kind: 'Service', metadata: { name: 'shop' }, spec: { stable: 'v1', versions } },
    ...FAULTS.map(({ name, percent, spec }) => ({
      apiVersion,
      kind: 'Fault',
      metadata: { name },
      spec: {
        service: 'shop',
        percent,
        seed: 42,
        headers: { response: { set: { [`x-fault-${name}`]: 'yes' } } },
        ...spec,
      },
    })),
  ];
}

/** @returns the faults that the answer shows */
function ask(agent: Agent, port: number, id: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', headers: { 'x-request-id': `r${id}` } }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => {
        const marked = FAULTS.filter(({ name }) => response.headers[`x-fault-${name}`] === 'yes').map(
          ({ name }) => name,
        );
        resolve(response.statusCode === 418 ? ['abort'] : marked);
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(['reset']) : reject(error),
    );
    sent.end();
  });
}

/** A request that was aborted or reset shows nothing else: the others' rate is among those that went through. */
function main(first: Touched, second: Touched): number {
  const lost = (first.get('abort')?.size ?? 0) + (first.get('reset')?.size ?? 0);
  let failures = 0;
  const rows = FAULTS.map(({ name, percent }) => {
    const isFirst = name === 'abort' || name === 'reset';
    // The reset is drawn after the abort, which wins no delay: both are drawn for every request.
    const n = isFirst ? REQUESTS : REQUESTS - lost;
    const seen = first.get(name)?.size ?? 0;
    const p = percent / 100;
    const sigmas = (seen - n * p) / Math.sqrt(n * p * (1 - p));
    const again = second.get(name) ?? new Set();
    const same = again.size === seen && [...(first.get(name) ?? [])].every((id) => again.has(id));
    if (Math.abs(sigmas) > 3 || !same) failures++;
    return {
      fault: name,
      declaredPercent: percent,
      seenPercent: Number(((100 * seen) / n).toFixed(3)),
      sigmas: Number(sigmas.toFixed(2)),
      same,
    };
  });
  console.table(rows);
  console.log(JSON.stringify({ requests: REQUESTS, seed: 42, rows }));
  return failures === 0 ? 0 : 1;
}

process.exitCode = main(await run(), await run());

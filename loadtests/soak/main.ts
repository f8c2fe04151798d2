/**
 * `npm run soak -- [--minutes 30] [--rate half|N]`: a proxy under steady load while faults are injected, endpoints are
 * restarted and the configuration is pushed anew every second. `half`: of the maximum, which wrk measures first. Fails when
 * a request was lost that no fault took, when the load was not what was asked for, or when memory or sockets grow. Linux.
 */
import { readdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval as every, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { costOf } from '../bench/process-cost.ts';
import { freePort, has, start, stop } from '../bench/programs.ts';
import { Endpoints } from './endpoints.ts';
import { growthOf } from './growth.ts';
import type { Sample } from './growth.ts';
import { loadAt, lostOf, maximumOf } from './load.ts';
import type { SoakLoad } from './load.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string', default: 'half' } },
});
const seconds = Number(values.minutes) * 60;
const CONNECTIONS = 64;
/** Below this share of what was asked for, the client or the machine could not keep up: it was another test. */
const KEPT_UP = 0.95;
/** A status that only the fault can make. */
const INJECTED = 418;
const BIN = join(import.meta.dirname, '../../../bin/meshproof');

function documents(port: number, endpoints: readonly number[], push: number): string {
  const apiVersion = 'meshproof.dev/v1';
  const addresses = endpoints.map((p) => `127.0.0.1:${p}`);
  const rule = {
    split: [{ version: 'v2', weight: push % 50 }],
    timeout: '5s',
    // Enough that chance alone (a fault on each attempt, an endpoint that is away) does not lose one in ten million.
    retry: {
      attempts: 8,
      on: ['reset', 'connect-failure', '5xx'],
      backoff: '5ms',
      budget: { percent: 100, minConcurrent: 64 },
    },
  };
  const fault = (name: string, spec: object): object => ({
    apiVersion,
    kind: 'Fault',
    metadata: { name },
    spec: { service: 'soak', ...spec },
  });
  return [
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name: 'edge' },
      spec: { listen: `127.0.0.1:${port}`, defaultService: 'soak' },
    },
    {
      apiVersion,
      kind: 'Service',
      metadata: { name: 'soak' },
      spec: { stable: 'v1', versions: { v1: { endpoints: addresses }, v2: { endpoints: addresses.toReversed() } } },
    },
    { apiVersion, kind: 'Route', metadata: { name: 'soak' }, spec: { service: 'soak', rules: [rule] } },
    fault('teapot', { at: 'request', percent: 1, abort: { status: INJECTED } }),
    fault('slow', { at: 'attempt', percent: 2, delay: { fixed: '20ms' } }),
    fault('broken', { at: 'attempt', percent: 2, abort: { reset: true } }),
  ]
    .map((d) => JSON.stringify(d))
    .join('\n---\n');
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-soak-'));
  const file = join(folder, 'mesh.yaml');
  const endpoints = await Endpoints.start([await freePort(), await freePort(), await freePort()]);
  const port = await freePort();
  writeFileSync(file, documents(port, endpoints.ports, 0));
  const args = [BIN, 'proxy', '-f', file, '--log-level', 'error'];
  const proxy = await start({ name: 'meshproof', command: process.execPath, args }, port, 'subject');
  const over = new AbortController();
  const samples: Sample[] = [];
  const pid = proxy.pid ?? 0;
  try {
    const rate = await rateFor(port);
    const pushing = pushes(file, port, endpoints.ports, pid, samples, over.signal);
    const restarting = restarts(endpoints, over.signal);
    const load = await loadAt(port, { perSecond: rate.perSecond, connections: CONNECTIONS, seconds });
    over.abort();
    const pushed = await pushing;
    await restarting;
    return report(load, { ...rate, pushed, restarts: endpoints.restarts }, samples);
  } finally {
    over.abort();
    await stop(proxy);
    await endpoints.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Rate = { readonly maximum: number | null; readonly perSecond: number };

/** What the load is to be. @throws when the maximum cannot be measured here */
async function rateFor(port: number): Promise<Rate> {
  if (values.rate !== 'half') return { maximum: null, perSecond: Number(values.rate) };
  if (!has('wrk')) throw new Error('wrk, which measures the maximum, is not installed: give --rate N');
  const maximum = Math.round(await maximumOf(port, CONNECTIONS));
  console.log(`maximum ${maximum} requests a second, with the faults; the load is half of it`);
  return { maximum, perSecond: Math.round(maximum / 2) };
}

async function pushes(
  file: string,
  port: number,
  endpoints: readonly number[],
  pid: number,
  samples: Sample[],
  over: AbortSignal,
): Promise<number> {
  let push = 0;
  for await (const _ of every(1_000)) {
    if (over.aborted) break;
    writeFileSync(file, documents(port, endpoints, ++push));
    process.kill(pid, 'SIGHUP');
    samples.push({ rssMb: costOf(pid).rssMb, sockets: readdirSync(`/proc/${pid}/fd`).length });
  }
  return push;
}

async function restarts(endpoints: Endpoints, over: AbortSignal): Promise<void> {
  for (let round = 0; !over.aborted; round++) {
    await sleep(4_000);
    const port = endpoints.ports[round % endpoints.ports.length];
    if (port !== undefined && !over.aborted) await endpoints.restart(port, round % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
  }
}

function report(
  load: SoakLoad,
  done: Rate & { readonly pushed: number; readonly restarts: number },
  samples: readonly Sample[],
): number {
  const injected = load.statuses[INJECTED] ?? 0;
  const lost = lostOf(load, [200, INJECTED]);
  const asked = done.perSecond * seconds;
  const memory = growthOf(
    samples.map((s) => s.rssMb),
    0.1,
    5,
  );
  const sockets = growthOf(
    samples.map((s) => s.sockets),
    0.25,
    32,
  );
  console.log(JSON.stringify({ ...done, ...load, injected, lost, memoryMb: memory, sockets }, null, 2));
  const failures = [
    ...(lost > 0 ? [`${lost} requests were lost that no fault took`] : []),
    ...(load.sent < asked * KEPT_UP
      ? [`only ${load.sent} of ${asked} requests were sent: too much for this machine`]
      : []),
    ...(memory.grows ? [`memory grew from ${memory.before.toFixed(0)} to ${memory.after.toFixed(0)} MB`] : []),
    ...(sockets.grows ? [`handles grew from ${sockets.before} to ${sockets.after}`] : []),
  ];
  for (const failure of failures) console.error(failure);
  console.log(
    `${load.sent} requests, ${injected} taken by the fault, ${lost} lost, ${done.restarts} restarts, ${done.pushed} pushes`,
  );
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();

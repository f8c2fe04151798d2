/**
 * How long a weight change takes to reach every proxy: a real control plane in a process of its own, PROXIES connections
 * that acknowledge as proxies do, and ROUNDS changes of an overlay. Loopback; ends by itself.
 *
 *   node dist/loadtests/control-fanout.js [--proxies 1000] [--rounds 10] [--max-ms 1000] [--report-ms 0]
 *
 * With --report-ms (200 is what proxies do while an experiment runs) every proxy also reports the traffic of both arms.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { API } from '../contracts/paths.ts';
import { ARMS } from '../contracts/overlay.ts';
import type { Overlay } from '../contracts/overlay.ts';
import { WIRE_PATH } from '../contracts/wire.ts';
import type { FromControl } from '../contracts/wire.ts';

const { values } = parseArgs({
  options: {
    proxies: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '10' },
    'max-ms': { type: 'string', default: '1000' },
    'report-ms': { type: 'string', default: '0' },
  },
});
const PROXIES = Number(values.proxies);
const ROUNDS = Number(values.rounds);
const REPORT_MS = Number(values['report-ms']);
const LATENCY_BUCKETS = 30;
const ARRIVAL_LIMIT_MS = 30_000;

/** What a proxy says of one interval: a route, and both arms of the experiment that it has an overlay of. */
function report(source: string, seq: number, overlay: Overlay | undefined): string {
  const latency = Array.from({ length: LATENCY_BUCKETS }, (_, i) => [400 + i, 1]);
  const counts = { requests: LATENCY_BUCKETS, shielded: 0, latencySumUs: 30_000, latency };
  const route = { source, service: 'reviews', version: 'v1', route: 'default', codes: { 200: LATENCY_BUCKETS } };
  const traffic = [{ ...route, retries: 0, shielded: 0, faults: 0, latencySumUs: 30_000, latency }];
  const arms = overlay
    ? ARMS.map((arm) => ({ ...counts, arm, errors: 0, ...pick(overlay, 'experimentId', 'epoch', 'candidatePpm') }))
    : [];
  return JSON.stringify({ type: 'telemetry', seq, windowMs: REPORT_MS, traffic, arms });
}

function pick<K extends keyof Overlay>(overlay: Overlay, ...keys: K[]): Partial<Overlay> {
  return Object.fromEntries(keys.map((key) => [key, overlay[key]]));
}

type Arrivals = { readonly wait: (revision: number) => Promise<number>; readonly sockets: readonly WebSocket[] };

async function connectAll(address: string): Promise<Arrivals> {
  const acked = new Map<number, number>();
  let overlay: Overlay | undefined;
  const waiting = new Map<number, (atMs: number) => void>();
  const onMessage = (socket: WebSocket, text: string): void => {
    const message = JSON.parse(text) as FromControl;
    if (message.type === 'snapshot' || message.type === 'delta')
      socket.send(JSON.stringify({ type: 'ack', version: message.version }));
    if (message.type !== 'overlays') return;
    overlay = message.overlays[0];
    socket.send(JSON.stringify({ type: 'overlays-ack', revision: message.revision, refused: [] }));
    const count = (acked.get(message.revision) ?? 0) + 1;
    acked.set(message.revision, count);
    if (count === PROXIES) waiting.get(message.revision)?.(performance.now());
  };
  const sockets: WebSocket[] = [];
  for (let i = 0; i < PROXIES; i++) {
    const socket = new WebSocket(`ws://${address}${WIRE_PATH}`, { perMessageDeflate: false });
    socket.on('message', (data: Buffer) => onMessage(socket, data.toString('utf8')));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const node = { id: `proxy-${i}`, role: 'sidecar', gateways: [], pid: i, build: 'load' };
    socket.send(JSON.stringify({ type: 'hello', v: 1, node, configVersion: null }));
    sockets.push(socket);
    if (REPORT_MS > 0) {
      let seq = 0;
      // As proxies do: from a moment of their own, not in step.
      const timer = setInterval(() => socket.send(report(node.id, seq++, overlay)), REPORT_MS);
      socket.on('close', () => clearInterval(timer));
    }
  }
  const wait = (revision: number): Promise<number> =>
    new Promise((resolve, reject) => {
      if ((acked.get(revision) ?? 0) >= PROXIES) resolve(performance.now());
      else waiting.set(revision, resolve);
      setTimeout(
        () =>
          reject(
            new Error(
              `revision ${revision}: ${acked.get(revision) ?? 0} of ${PROXIES} proxies within ${ARRIVAL_LIMIT_MS} ms`,
            ),
          ),
        ARRIVAL_LIMIT_MS,
      ).unref();
    });
  return { wait, sockets };
}

async function ask(address: string, method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://${address}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

const apiVersion = 'meshproof.dev/v1';
const SERVICE = {
  apiVersion,
  kind: 'Service',
  metadata: { name: 'reviews' },
  spec: { stable: 'v1', versions: { v1: { endpoints: ['127.0.0.1:1'] }, v2: { endpoints: ['127.0.0.1:2'] } } },
};
const CANARY = {
  apiVersion,
  kind: 'Canary',
  metadata: { name: 'fanout' },
  spec: { service: 'reviews', baseline: 'v1', candidate: 'v2', measure: '1h', deadline: '2h' },
};

/** Each round starts an experiment (an overlay for everyone) and aborts it (no overlay): two changes. */
async function measure(address: string): Promise<number[]> {
  await ask(address, 'PUT', API.documents, { documents: [SERVICE] });
  const { wait, sockets } = await connectAll(address);
  const tookMs: number[] = [];
  let revision = 1;
  await wait(revision);
  for (let round = 0; round < ROUNDS; round++) {
    for (const change of [
      () => ask(address, 'POST', API.experiments, { document: CANARY }),
      () => ask(address, 'POST', API.abort('fanout'), {}),
    ]) {
      const startMs = performance.now();
      await Promise.all([change(), wait(++revision).then((atMs) => tookMs.push(atMs - startMs))]);
    }
  }
  for (const socket of sockets) socket.terminate();
  return tookMs.sort((a, b) => a - b);
}

function show(tookMs: readonly number[]): boolean {
  const at = (q: number): number =>
    Math.round(tookMs[Math.min(tookMs.length - 1, Math.floor(q * tookMs.length))] ?? NaN);
  const row = {
    proxies: PROXIES,
    reportMs: REPORT_MS,
    changes: tookMs.length,
    minMs: at(0),
    medianMs: at(0.5),
    maxMs: at(1),
  };
  console.table([row]);
  console.log(JSON.stringify(row));
  return row.maxMs <= Number(values['max-ms']);
}

const dataDir = mkdtempSync(join(tmpdir(), 'meshproof-fanout-'));
const child = fork(fileURLToPath(new URL('./control-process.js', import.meta.url)), [dataDir], { stdio: 'inherit' });
try {
  const address = await new Promise<string>((resolve) =>
    child.once('message', (message) => resolve(typeof message === 'string' ? message : '')),
  );
  process.exitCode = show(await measure(address)) ? 0 : 1;
} finally {
  child.kill('SIGTERM');
  rmSync(dataDir, { recursive: true, force: true });
}

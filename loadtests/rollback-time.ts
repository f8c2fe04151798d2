/**
 * How long users meet a candidate that fails outright: from its first bad answer to its last, as the client sees it.
 * Control plane and proxy in processes of their own, 100 requests a second per arm, no shield. Loopback; ends by itself.
 *
 *   npm run bench:rollback [-- --rounds 3 --max-ms 1000]
 */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { API } from '../contracts/paths.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, 'max-ms': { type: 'string', default: '1000' } },
});
const PER_SECOND = 200;
const LONGEST_MS = 15_000;

const apiVersion = 'meshproof.dev/v1';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function serve(status: number): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer((_request, response) => response.writeHead(status).end('x'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function ask(control: string, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const init =
    body === undefined
      ? { method }
      : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(`http://${control}${path}`, init);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** Sends at a constant rate until told to stop. @returns the moments of bad answers, in milliseconds */
function steadyTraffic(port: number): { readonly badAtMs: number[]; readonly stop: () => void } {
  const agent = new Agent({ keepAlive: true });
  const badAtMs: number[] = [];
  const startMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = ((performance.now() - startMs) / 1_000) * PER_SECOND; sent < due; sent++) {
      get({ agent, host: '127.0.0.1', port, path: '/' }, (answer) => {
        answer.resume();
        if ((answer.statusCode ?? 0) >= 500) badAtMs.push(performance.now());
      }).on('error', () => badAtMs.push(performance.now()));
    }
  }, 2);
  const stop = (): void => {
    clearInterval(timer);
    agent.destroy();
  };
  return { badAtMs, stop };
}

async function round(): Promise<{
  readonly badAnswers: number;
  readonly firstToLastMs: number;
  readonly candidateRequests: number;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-rollback-'));
  const [good, bad, free] = [await serve(200), await serve(500), await serve(200)];
  await new Promise((resolve) => free.server.close(resolve));
  const controlProcess = fork(fileURLToPath(new URL('./control-process.js', import.meta.url)), [folder]);
  const control = await new Promise<string>((resolve) =>
    controlProcess.once('message', (m) => resolve(typeof m === 'string' ? m : '')),
  );
  const proxy = spawn(
    process.execPath,
    ['bin/meshproof', 'proxy', '--control', `http://${control}`, '--gateway', 'edge'],
    { stdio: 'ignore' },
  );
  try {
    const versions = { v1: { endpoints: [good.address] }, v2: { endpoints: [bad.address] } };
    const documents = [
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name: 'edge' },
        spec: { listen: free.address, defaultService: 'web' },
      },
      { apiVersion, kind: 'Service', metadata: { name: 'web' }, spec: { stable: 'v1', versions } },
    ];
    await ask(control, 'PUT', API.documents, { documents });
    const port = Number(free.address.split(':')[1]);
    while (
      !(await fetch(`http://${free.address}/`).then(
        (r) => r.ok,
        () => false,
      ))
    )
      await pause(50);
    const traffic = steadyTraffic(port);
    const spec = { service: 'web', baseline: 'v1', candidate: 'v2', steps: [{ weight: 50 }], measure: '2s' };
    await ask(control, 'POST', API.experiments, {
      document: { apiVersion, kind: 'Canary', metadata: { name: 'web-v2' }, spec },
    });
    const startMs = performance.now();
    while (
      performance.now() - startMs < LONGEST_MS &&
      (await ask(control, 'GET', API.gate('web-v2')))['terminal'] !== true
    )
      await pause(100);
    await pause(500);
    traffic.stop();
    const { totals } = (await ask(control, 'GET', API.experiment('web-v2'))) as {
      totals: { candidateRequests: number };
    };
    const { badAtMs } = traffic;
    return {
      badAnswers: badAtMs.length,
      firstToLastMs: Math.round((badAtMs.at(-1) ?? NaN) - (badAtMs[0] ?? NaN)),
      candidateRequests: totals.candidateRequests,
    };
  } finally {
    proxy.kill('SIGTERM');
    controlProcess.kill('SIGTERM');
    for (const { server } of [good, bad]) {
      server.close();
      server.closeAllConnections();
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

const rounds = [];
for (let i = 0; i < Number(values.rounds); i++) rounds.push(await round());
console.table(rounds);
console.log(JSON.stringify(rounds));
process.exitCode = rounds.every((r) => r.firstToLastMs <= Number(values['max-ms'])) ? 0 : 1;

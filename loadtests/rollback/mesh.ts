/** A control plane and proxies in processes of their own, a version that works and one that fails outright. Loopback. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { API } from '../../contracts/paths.ts';
import { Program } from '../../test/e2e/crash/program.ts';
import { freePort } from '../../test/free-port.ts';

/** How the candidate fails: it answers 500, or nobody listens where it should be. */
export type Failure = '500' | 'refuses';

const apiVersion = 'meshproof.dev/v1';
const UP_WITHIN_MS = 30_000;
/** Access logs are written at least this often. */
const LOG_FLUSH_MS = 1_000;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class RollbackMesh {
  readonly #folder: string;
  readonly #server: string;
  readonly #ports: readonly number[];
  readonly #programs: readonly Program[];
  readonly #good: Server;
  readonly #bad: Server;

  private constructor(at: { folder: string; server: string; ports: readonly number[] }, parts: Parts) {
    this.#folder = at.folder;
    this.#server = at.server;
    this.#ports = at.ports;
    this.#programs = parts.programs;
    this.#good = parts.good;
    this.#bad = parts.bad;
  }

  static async start(proxies: number): Promise<RollbackMesh> {
    const folder = mkdtempSync(join(tmpdir(), 'meshproof-rollback-'));
    const listen = `127.0.0.1:${await freePort()}`;
    const server = `http://${listen}`;
    const ports: number[] = [];
    while (ports.length < proxies) ports.push(await freePort());
    const control = new Program(['control', '--listen', listen, '--data', join(folder, 'control')]);
    await until(() => fetch(`${server}${API.health}`).then((r) => r.ok));
    const edges = ports.map(
      (_, i) =>
        new Program([
          ...['proxy', '--control', server, '--gateway', `edge-${i}`],
          ...['--id', `edge-${i}`, '--access-log', logOf(folder, i)],
        ]),
    );
    const [good, bad] = [await serve(200), await serve(500)];
    return new RollbackMesh({ folder, server, ports }, { programs: [control, ...edges], good, bad });
  }

  /** Gateways and the service, and waits until every proxy serves it. */
  async declare(failure: Failure): Promise<void> {
    const candidate = failure === '500' ? addressOf(this.#bad) : `127.0.0.1:${await freePort()}`;
    const versions = { v1: { endpoints: [addressOf(this.#good)] }, v2: { endpoints: [candidate] } };
    const gateways = this.#ports.map((port, i) => ({
      ...{ apiVersion, kind: 'Gateway', metadata: { name: `edge-${i}` } },
      spec: { listen: `127.0.0.1:${port}`, defaultService: 'web' },
    }));
    const service = { apiVersion, kind: 'Service', metadata: { name: 'web' }, spec: { stable: 'v1', versions } };
    await this.#ask('PUT', API.documents, { documents: [service, ...gateways] });
    for (const port of this.#ports) await until(() => fetch(`http://127.0.0.1:${port}/`).then((r) => r.ok));
  }

  async canary(name: string, spec: Record<string, unknown>): Promise<void> {
    const document = { apiVersion, kind: 'Canary', metadata: { name }, spec: { service: 'web', ...spec } };
    await this.#ask('POST', API.experiments, { document });
  }

  /** @throws Error when the run is still going on after `withinMs` */
  async ended(name: string, withinMs: number): Promise<ExperimentView> {
    let view: ExperimentView | undefined;
    await until(async () => {
      view = (await this.#ask('GET', API.experiment(name))) as ExperimentView;
      return view.endedAt !== null;
    }, withinMs);
    if (!view) throw new Error(`${name} was never seen`);
    return view;
  }

  /** Each proxy in turn at a constant rate, in an open loop. @returns what ends it */
  traffic(perSecond: number): () => void {
    const agent = new Agent({ keepAlive: true });
    const startMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      for (const due = ((performance.now() - startMs) / 1_000) * perSecond; sent < due; sent++) {
        const port = this.#ports[sent % this.#ports.length];
        // A proxy that breaks the connection has no line of a good answer in its log; nothing is to be done here.
        get({ agent, host: '127.0.0.1', port }, (answer) => answer.resume()).on('error', () => {});
      }
    }, 2);
    return () => {
      clearInterval(timer);
      agent.destroy();
    };
  }

  /** All lines of the access logs of all proxies, once they are on disk. */
  async accessLines(): Promise<readonly string[]> {
    await pause(LOG_FLUSH_MS * 2);
    return this.#ports.flatMap((_, i) => readFileSync(logOf(this.#folder, i), 'utf8').split('\n'));
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill('SIGTERM')));
    for (const server of [this.#good, this.#bad]) {
      server.close();
      server.closeAllConnections();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(`${this.#server}${path}`, { method, ...(body === undefined ? {} : json) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

type Parts = { readonly programs: readonly Program[]; readonly good: Server; readonly bad: Server };

function logOf(folder: string, proxy: number): string {
  return join(folder, `access-${proxy}.log`);
}

async function serve(status: number): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(status).end('x'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function until(holds: () => Promise<boolean>, withinMs = UP_WITHIN_MS): Promise<void> {
  const startMs = performance.now();
  while (!(await holds().catch(isNotUp))) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms`);
    await pause(50);
  }
}

function isNotUp(error: unknown): boolean {
  // What fetch throws while nobody listens.
  if (error instanceof TypeError) return false;
  throw error;
}

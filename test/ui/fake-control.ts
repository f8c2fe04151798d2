/**
 * A control plane that is only a face: serves the built dashboard, the REST answers and a live stream of a mesh that
 * does not exist, under the same content policy as the real one. Remembers what it was asked to do.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import type { HaltResult } from '../../contracts/api.ts';
import { API, LIVE_PATH } from '../../contracts/paths.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { ERRORS } from '../../contracts/errors.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { LiveMessage } from '../../contracts/live.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import { FakeMesh } from './fake-mesh.ts';
import type { Scene } from './fake-mesh.ts';

export const POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export type Asked = { readonly method: string; readonly path: string; readonly body: string };

export class FakeControl {
  readonly asked: Asked[] = [];
  readonly #mesh: FakeMesh;
  readonly #dist: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #timer: ReturnType<typeof setInterval>;
  #silent = false;

  /** @param dist - the folder of the built dashboard */
  constructor(dist: string, scene: Scene) {
    this.#dist = dist;
    this.#mesh = new FakeMesh(scene, Date.now());
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocketServer({ noServer: true });
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.#silent || request.url !== LIVE_PATH) return void socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (ws) => ws.send(JSON.stringify(this.#overview())));
    });
    this.#timer = setInterval(() => this.#second(), 1_000);
  }

  /** @returns the address of the dashboard */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts the live stream and refuses it until told otherwise. */
  silence(on: boolean): void {
    this.#silent = on;
    if (on) for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** The next step of this run waits for a person. */
  askForApproval(name: string): void {
    this.#mesh.runs.find((run) => run.plan.name === name)?.askForApproval();
    this.#send(this.#overview());
  }

  /** What became of a notification of this run. */
  deliver(name: string, delivery: Omit<DeliveryView, 'experimentId'>): void {
    const run = this.#mesh.runs.find((r) => r.plan.name === name);
    if (run) this.#send({ type: 'delivery', delivery: { ...delivery, experimentId: run.id } });
  }

  /** This run is shown otherwise than it is made up. */
  change(name: string, changes: Partial<ExperimentView>): void {
    this.#mesh.runs.find((run) => run.plan.name === name)?.change(changes);
    this.#send(this.#overview());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #overview(): LiveMessage {
    const at = Date.now();
    const services = this.#mesh
      .services()
      .map(({ points, ...service }) => ({ ...service, point: points.at(-1) ?? null }));
    return {
      type: 'overview',
      at,
      services,
      experiments: [...this.#mesh.views()],
      proxies: [...this.#mesh.proxies(at)],
    };
  }

  #send(message: LiveMessage): void {
    for (const socket of this.#sockets.clients) socket.send(JSON.stringify(message));
  }

  #second(): void {
    const journals = new Map(this.#mesh.runs.map((run) => [run, run.journal.length]));
    const running = this.#mesh.runs.filter((run) => run.running);
    this.#mesh.tick(Date.now());
    this.#send(this.#overview());
    for (const run of running) {
      const point = run.points.at(-1);
      if (point) this.#send({ type: 'point', experimentId: run.id, point });
    }
    this.#sendJournals(journals);
  }

  #sendJournals(before: ReadonlyMap<FakeMesh['runs'][number], number>): void {
    for (const [run, length] of before)
      for (const entry of run.journal.slice(length)) this.#send({ type: 'journal', entry });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('content-security-policy', POLICY);
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    if (!pathname.startsWith('/api/')) return this.#file(pathname, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? 'GET';
    const body = Buffer.concat(chunks).toString();
    if (method !== 'GET') this.asked.push({ method, path: pathname, body });
    const answer = this.#api(method, pathname, body);
    response.statusCode = typeof answer === 'string' ? ERRORS[answer].status : 200;
    response.setHeader('content-type', 'application/json');
    const error =
      typeof answer === 'string' ? { code: answer, message: ERRORS[answer].message, detail: pathname } : null;
    response.end(JSON.stringify(error ? { error } : answer));
  }

  /** @returns the answer, or the code of the error */
  #api(method: string, path: string, body: string): object | ErrorCode {
    const now = Date.now();
    if (path === API.services) return this.#mesh.services();
    if (path === API.proxies) return this.#mesh.proxies(now);
    if (path === API.experiments) return this.#mesh.views();
    if (path === API.halt && method === 'POST') return this.#halt(now);
    const run = this.#mesh.runs.find((r) => path.startsWith(`${API.experiments}/${r.plan.name}`));
    if (!run) return path.startsWith(API.experiments) ? 'EXPERIMENT_NOT_FOUND' : 'NOT_FOUND';
    const { name } = run.plan;
    if (path === API.experiment(name)) return run.view();
    if (path === API.journal(name)) return run.journal;
    if (path === API.deliveries(name)) return [];
    if (path === API.points(name)) return run.points;
    if (!run.running) return 'EXPERIMENT_ENDED';
    const journals = new Map([[run, run.journal.length]]);
    if (path === API.abort(name)) run.rollBack(now, 'a person');
    if (path === API.promote(name)) run.promote(now, (JSON.parse(body) as { reason: string }).reason);
    if (path === API.approve(name)) run.approve(now, (JSON.parse(body) as { reason: string }).reason);
    if (path === API.pause(name)) run.pause(now, 'a person');
    if (path === API.resume(name)) run.pause(now, null);
    this.#sendJournals(journals);
    this.#send({ type: 'experiment', experiment: run.view() });
    return run.view();
  }

  #halt(now: number): HaltResult {
    const running = this.#mesh.runs.filter((run) => run.running);
    for (const run of running) run.rollBack(now, 'a person');
    this.#send(this.#overview());
    return { experiments: running.map((run) => run.plan.name), proxies: 4, tookMs: 41.6 };
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const name = extname(path) === '' ? 'index.html' : normalize(path);
    try {
      const content = await readFile(join(this.#dist, name));
      response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(content);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  }
}

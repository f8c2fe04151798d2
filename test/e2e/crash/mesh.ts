/** A control plane, a gateway and a service in two versions, as real processes around the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API } from '../../../contracts/paths.ts';
import type { ExperimentView, JournalEntry } from '../../../contracts/experiment.ts';
import type { SourceDocument } from '../../../contracts/document.ts';
import type { DeliveryView } from '../../../contracts/notification.ts';
import { freePort } from '../../free-port.ts';
import { Program } from './program.ts';
import { Users, Version } from './shop.ts';
import type { HeadersOf, MethodOf } from './shop.ts';

export const NAME = 'reviews-v2';
const UP_WITHIN_MS = 30_000;

function document(kind: string, name: string, spec: Record<string, unknown>): SourceDocument {
  return { apiVersion: 'meshproof.dev/v1', kind, metadata: { name }, spec };
}

export type Laid = { readonly experimentId: string; readonly leaseLeftMs: number };
export type LaidFault = { readonly name: string; readonly active: boolean; readonly leaseLeftMs: number };

export class Mesh {
  readonly v1: Version;
  readonly v2: Version;
  readonly users: Users;
  readonly #folder: string;
  readonly #server: string;
  readonly #admin: string;
  readonly #gatewayAt: string;
  readonly #gateway: Program;
  #control: Program;

  private constructor(
    folder: string,
    at: { server: string; admin: string; gateway: string },
    parts: { gateway: Program; control: Program; v1: Version; v2: Version; users: Users },
  ) {
    this.#folder = folder;
    this.#server = at.server;
    this.#admin = at.admin;
    this.#gatewayAt = at.gateway;
    this.#gateway = parts.gateway;
    this.#control = parts.control;
    this.v1 = parts.v1;
    this.v2 = parts.v2;
    this.users = parts.users;
  }

  static async start(rps: number, headersOf?: HeadersOf, methodOf?: MethodOf): Promise<Mesh> {
    const folder = mkdtempSync(join(tmpdir(), 'meshproof-crash-'));
    const [v1, v2] = [await Version.start('v1'), await Version.start('v2')];
    const at = {
      server: `http://127.0.0.1:${await freePort()}`,
      admin: `127.0.0.1:${await freePort()}`,
      gateway: `127.0.0.1:${await freePort()}`,
    };
    const { server } = at;
    const url = `http://${at.gateway}/`;
    const control = startControl(folder, server);
    await until(
      async () => (await fetch(`${server}${API.health}`)).ok,
      () => control.said,
    );
    const proxy = [
      'proxy',
      '--control',
      server,
      '--gateway',
      'edge',
      '--data',
      join(folder, 'edge'),
      '--admin',
      at.admin,
    ];
    const gateway = new Program(proxy);
    await put(server, documentsOf(at.gateway, v1, v2));
    await until(
      async () => (await fetch(url)).ok,
      () => gateway.said,
    );
    return new Mesh(folder, at, { gateway, control, v1, v2, users: new Users(url, rps, headersOf, methodOf) });
  }

  /** Gateway and service, with v1 as the stable version. */
  async declare(): Promise<void> {
    await put(this.#server, documentsOf(this.#gatewayAt, this.v1, this.v2));
  }

  /** A second service in the same two versions, asked for by its host. Its stable version is v1. */
  async declareSecond(name: string): Promise<void> {
    const [service, gateway] = documentsOf(this.#gatewayAt, this.v1, this.v2);
    if (!service || !gateway) throw new Error('there is no first service');
    const hosts = { [name]: name };
    await put(this.#server, [
      { ...service, metadata: { name } },
      { ...gateway, spec: { ...gateway.spec, hosts } },
    ]);
  }

  run(spec: Record<string, unknown>): Promise<void> {
    return this.runKind('Canary', { service: 'reviews', baseline: 'v1', candidate: 'v2', ...spec });
  }

  async runKind(kind: string, spec: Record<string, unknown>, name = NAME): Promise<void> {
    const body = { document: document(kind, name, spec) };
    const response = await fetch(`${this.#server}${API.experiments}`, json('POST', body));
    if (!response.ok) throw new Error(await response.text());
  }

  async apply(kind: string, name: string, spec: Record<string, unknown>): Promise<void> {
    await put(this.#server, [document(kind, name, spec)]);
  }

  /** A secret of the control plane, which documents may name. */
  keep(name: string, value: string): void {
    const folder = join(this.#folder, 'control', 'secrets');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), `${value}\n`);
  }

  /** What a sender of the document says. @returns the status; undefined when there was no answer */
  async send(sender: string, body: string, headers: Record<string, string>): Promise<number | undefined> {
    const url = `${this.#server}${API.incoming(NAME, sender)}`;
    return fetch(url, { method: 'POST', headers, body }).then(
      (response) => response.status,
      () => undefined,
    );
  }

  async deliveries(): Promise<readonly DeliveryView[]> {
    const response = await fetch(`${this.#server}${API.deliveries(NAME)}`);
    return ((await response.json()) as { deliveries: readonly DeliveryView[] }).deliveries;
  }

  /** What the control plane wrote to its standard streams. */
  get controlSaid(): string {
    return this.#control.said;
  }

  /** A goal that no answer could tell. @returns what the control plane made of it */
  async reportGoal(report: Record<string, unknown>): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#server}${API.goals(NAME)}`, json('POST', report));
    return (await response.json()) as Record<string, unknown>;
  }

  /** What a person decides. @returns the run after it, or the refusal */
  async decide(
    word: 'approve' | 'pause' | 'resume' | 'abort' | 'promote',
    reason: string,
    name = NAME,
  ): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json', 'x-meshproof-user': 'ada' };
    const path = `${API.experiment(name)}/${word}`;
    const response = await fetch(`${this.#server}${path}`, { ...json('POST', { reason }), headers });
    return (await response.json()) as Record<string, unknown>;
  }

  async view(name = NAME): Promise<ExperimentView> {
    return (await read(`${this.#server}${API.experiment(name)}`)) as ExperimentView;
  }

  /** What experiments have laid on the gateway now: overlays, and faults with what is left of their leases. */
  async laid(): Promise<{ readonly overlays: readonly Laid[]; readonly faults: readonly LaidFault[] }> {
    return (await read(`http://${this.#admin}/config`)) as Awaited<ReturnType<Mesh['laid']>>;
  }

  async journal(name = NAME): Promise<readonly JournalEntry[]> {
    const body = await read(`${this.#server}${API.journal(name)}`);
    return (body as { entries: readonly JournalEntry[] }).entries;
  }

  async stable(service = 'reviews'): Promise<string> {
    const body = await read(`${this.#server}${API.service(service)}`);
    return (body as { stable: string }).stable;
  }

  async halt(): Promise<void> {
    await fetch(`${this.#server}${API.halt}`, json('POST', { reason: 'the test says so' }));
  }

  /** Asks until it holds. */
  async viewWhere(
    holds: (view: ExperimentView) => boolean,
    withinMs = UP_WITHIN_MS,
    name = NAME,
  ): Promise<ExperimentView> {
    let last: ExperimentView | undefined;
    await until(
      async () => holds((last = await this.view(name))),
      () => `${JSON.stringify(last)} ${this.#control.said}`,
      withinMs,
    );
    if (!last) throw new Error('never asked');
    return last;
  }

  /** SIGKILL: nothing is flushed, nobody is told. */
  async killControl(): Promise<void> {
    await this.#control.kill('SIGKILL');
  }

  async startControl(): Promise<void> {
    this.#control = startControl(this.#folder, this.#server);
    await until(
      async () => (await fetch(`${this.#server}${API.health}`)).ok,
      () => this.#control.said,
    );
  }

  signalControl(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    return this.#control.kill(signal);
  }

  async close(): Promise<void> {
    this.users.stop();
    await Promise.all([this.#gateway.kill(), this.#control.kill()]);
    await Promise.all([this.v1.close(), this.v2.close()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function documentsOf(gateway: string, v1: Version, v2: Version): SourceDocument[] {
  const versions = { v1: { endpoints: [v1.address] }, v2: { endpoints: [v2.address] } };
  return [
    document('Service', 'reviews', { stable: 'v1', versions }),
    document('Gateway', 'edge', { listen: gateway, defaultService: 'reviews' }),
  ];
}

function startControl(folder: string, server: string): Program {
  return new Program(['control', '--listen', server.slice('http://'.length), '--data', join(folder, 'control')]);
}

/** Over a connection of its own: a kept one may end, for its idle time or a kill, in the moment in which it is used again. */
async function read(url: string): Promise<unknown> {
  return (await fetch(url, { headers: { connection: 'close' } })).json();
}

async function put(server: string, documents: readonly SourceDocument[]): Promise<void> {
  const response = await fetch(`${server}${API.documents}`, json('PUT', { documents }));
  if (!response.ok) throw new Error(await response.text());
}

function json(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** @param told - what to say when it never holds */
export async function until(holds: () => Promise<boolean>, told: () => string, withinMs = UP_WITHIN_MS): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      // Not up yet; any other trouble shows in `told`.
      if (!(error instanceof TypeError)) throw error;
    }
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms: ${told()}`);
    await passing(50);
  }
}

export function passing(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

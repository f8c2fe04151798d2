/** The control plane's HTTP API as the command line calls it. Every call has a time-out; every failure has its code. */
import { isErrorBody, listIn } from '../../contracts/answer.ts';
import type { ApplyResult, HaltResult } from '../../contracts/api.ts';
import type { AuthorityView } from '../../contracts/authority.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import { API, DEFAULT_CONTROL } from '../../contracts/paths.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { ChainReport, ExperimentView, GateStatus, JournalEntry } from '../../contracts/experiment.ts';
import type { ProxyView, ServiceView } from '../../contracts/live.ts';
import type { Options } from '../command.ts';
import { RefusedError, UsageError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

export type Client = ReturnType<typeof createClient>;

const DEFAULT_TIMEOUT_MS = 10_000;

/** The client for a command: --server, then MESHPROOF_SERVER, then this machine. */
export function clientFor(terminal: Terminal, options: Options): Client {
  const server = options.text('server') ?? terminal.env['MESHPROOF_SERVER'] ?? `http://${DEFAULT_CONTROL}`;
  return createClient(serverUrl(server), DEFAULT_TIMEOUT_MS, callerOf(terminal));
}

/** The same, with the time-out that the command line gives for one question. */
export function quickClientFor(terminal: Terminal, options: Options): Client {
  const server = options.text('server') ?? terminal.env['MESHPROOF_SERVER'] ?? `http://${DEFAULT_CONTROL}`;
  return createClient(serverUrl(server), options.durationMs('timeout', DEFAULT_TIMEOUT_MS), callerOf(terminal));
}

export type Caller = {
  readonly signal?: AbortSignal;
  /** For the journal: who decided. */
  readonly user?: string;
};

function callerOf(terminal: Terminal): Caller {
  const user = terminal.env['USER'] ?? terminal.env['LOGNAME'];
  return { signal: terminal.signal, ...(user === undefined ? {} : { user }) };
}

function serverUrl(text: string): string {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) {
    throw new UsageError(`"${text}" is not the address of a server`, 'write a URL, such as http://127.0.0.1:9900');
  }
  return full.replace(/\/+$/, '');
}

/** @param server - the base URL, without a slash at its end @param timeoutMs - for each call */
export function createClient(server: string, timeoutMs: number, caller: Caller = {}) {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> =>
    send({ server, timeoutMs, ...caller }, method, path, body);
  return {
    server,
    health: () => call('GET', API.health),
    apply: (documents: readonly SourceDocument[], dryRun: boolean) =>
      call('PUT', API.documents, { documents, dryRun }) as Promise<ApplyResult>,
    documents: async () => listIn<SourceDocument>(await call('GET', API.documents), 'documents'),
    document: (kind: string, name: string) => call('GET', API.document(kind, name)) as Promise<SourceDocument>,
    services: async () => listIn<ServiceView>(await call('GET', API.services), 'services'),
    proxies: async () => listIn<ProxyView>(await call('GET', API.proxies), 'proxies'),
    experiments: async () => listIn<ExperimentView>(await call('GET', API.experiments), 'experiments'),
    experiment: (name: string) => call('GET', API.experiment(name)) as Promise<ExperimentView>,
    deliveries: async (name: string) => listIn<DeliveryView>(await call('GET', API.deliveries(name)), 'deliveries'),
    journal: async (name: string) => listIn<JournalEntry>(await call('GET', API.journal(name)), 'entries'),
    chain: (name: string) => call('GET', API.chain(name)) as Promise<ChainReport>,
    chains: async () => listIn<ChainReport>(await call('GET', API.chains), 'chains'),
    start: (document: SourceDocument) => call('POST', API.experiments, { document }) as Promise<ExperimentView>,
    approve: (name: string, reason: string) => call('POST', API.approve(name), { reason }) as Promise<ExperimentView>,
    pause: (name: string, reason: string) => call('POST', API.pause(name), { reason }) as Promise<ExperimentView>,
    resume: (name: string, reason: string) => call('POST', API.resume(name), { reason }) as Promise<ExperimentView>,
    abort: (name: string, reason: string) => call('POST', API.abort(name), { reason }) as Promise<ExperimentView>,
    promote: (name: string, reason: string) => call('POST', API.promote(name), { reason }) as Promise<ExperimentView>,
    gate: (name: string) => call('GET', API.gate(name)) as Promise<GateStatus>,
    authority: () => call('GET', API.authority) as Promise<AuthorityView>,
    rotateAuthority: () => call('POST', API.rotateAuthority) as Promise<AuthorityView>,
    halt: (reason: string) => call('POST', API.halt, { reason }) as Promise<HaltResult>,
  };
}

type Line = Caller & { readonly server: string; readonly timeoutMs: number };

/** @throws MeshproofError with the server's code, or CONTROL_UNREACHABLE when there is no answer in time */
async function send(line: Line, method: string, path: string, body: unknown): Promise<unknown> {
  const limit = AbortSignal.timeout(line.timeoutMs);
  const signal = line.signal ? AbortSignal.any([line.signal, limit]) : limit;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`${line.server}${path}`, {
      method,
      signal,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(line.user === undefined ? {} : { 'x-meshproof-user': line.user }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (cause) {
    if (line.signal?.aborted) throw cause;
    const why = limit.aborted ? `no answer within ${line.timeoutMs / 1_000} s` : reasonOf(cause);
    throw new MeshproofError('CONTROL_UNREACHABLE', `${line.server}: ${why}`, { cause });
  }
  const parsed = parseJson(text);
  if (answer.ok) return parsed;
  if (isErrorBody(parsed)) {
    throw new RefusedError(parsed.error.code, parsed.error.detail, parsed.error.problems ?? []);
  }
  throw new MeshproofError('INTERNAL', `${line.server}${path} answered ${answer.status} without a known error`);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') return 'connection refused';
  return cause instanceof Error && cause.message !== '' ? cause.message : String(error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Puts a proxy together: the data plane, its admin thread, and where its configuration comes from (files or a mesh). What
 * only some proxies need is loaded by those: the way into a mesh alone takes five megabytes.
 */
import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { MeshproofError } from '../contracts/errors.ts';
import type { Locality } from '../contracts/balancer.ts';
import { identityNameOf } from '../contracts/spiffe.ts';
import type { NodeInfo } from '../contracts/wire.ts';
import { AccessLog } from './access-log/access-log.ts';
import { AdminServer } from './admin/server.ts';
import { BUILD } from './build.ts';
import type { DataplaneApi } from './dataplane-api.ts';
import { Dataplane } from './dataplane.ts';
import { HaltSwitch } from './halt-switch.ts';
import type { MeshIdentity } from './identity/mesh-identity.ts';
import type { MeshClient } from './mesh/client.ts';
import type { HostMember } from './mesh/join.ts';
import type { Limits } from './runtime.ts';
import { clock, share } from './process.ts';
import { FileConfig } from './static/file-config.ts';
import { CertificateWatch } from './tls/certificate-watch.ts';
import type { Tracing } from './tracing/request-trace.ts';
import type { Workers, WorkersOptions } from './workers/primary.ts';

export type ProxyNode = Omit<NodeInfo, 'pid' | 'build' | 'admin'>;

export type ProxyOptions = {
  /** Files or folders: a proxy from files alone. Exactly one of `files` and `control`. */
  readonly files?: readonly string[];
  /** The control plane: http://HOST:PORT. */
  readonly control?: string;
  /** Who this proxy is in the mesh; needed with `control`. */
  readonly node?: ProxyNode;
  /** With which it asks the control plane for its identity; without it there is no mTLS inside the mesh. */
  readonly token?: string;
  /** host:port where a sidecar takes the calls of its application. */
  readonly outbound?: string;
  /** host:port of the admin server; none without it. */
  readonly admin?: string;
  /** Where it stands: near endpoints come first. */
  readonly locality?: Locality;
  /** Where the last good configuration is kept; nowhere without it. */
  readonly dataDir?: string;
  /** While this file exists the proxy is halted; looked for by the admin thread, so it needs `admin`. */
  readonly haltFile?: string;
  /** A file for one line of JSON per request, or `-` for standard output. */
  readonly accessLog?: string;
  /** Where spans go (OTLP over HTTP), and the share of requests that is traced where the caller has not decided. */
  readonly tracing?: { readonly url: string; readonly samplePpm: number };
  /** When it takes no new connections. */
  readonly limits?: Partial<Pick<Limits, 'maxConnections' | 'maxMemoryBytes'>>;
  /** This process is one of several: what they limit, they limit together. */
  readonly isWorker?: boolean;
  readonly log: Logger;
};

export type RunningProxy = {
  readonly dataplane: DataplaneApi;
  /** As bound. */
  readonly adminAddress?: string;
  /** Reads files again, as SIGHUP does: certificates; without a control plane all. Resolves to whether they are in force. */
  readonly reload: () => Promise<boolean>;
  /** This process is one of several: answers the first one. @param onDrain - called when it wants this one to end */
  readonly serveAsWorker: (onDrain: () => void) => Promise<void>;
  /** Drains, sends the last counts, closes everything. @param drainTimeoutMs - default 10 000 */
  readonly close: (drainTimeoutMs?: number) => Promise<void>;
};

const DRAIN_TIMEOUT_MS = 10_000;

/**
 * Starts a proxy. From files it serves when this resolves; with a control plane it serves as soon as it has a
 * configuration, from there or from disk.
 * @throws MeshproofError REQUEST_INVALID (options that do not go together), DOCUMENT_INVALID (InvalidDocuments, with all
 * problems), ADDRESS_IN_USE, CONFIG_REFUSED; then nothing is left running
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { files, control, node, outbound, log } = options;
  if ((files === undefined) === (control === undefined)) {
    throw new MeshproofError('REQUEST_INVALID', 'a proxy takes its configuration from files or from a control plane');
  }
  const halt = new HaltSwitch();
  const tracing = await startTracing(options);
  const sharing =
    options.isWorker === true ? (await import('./workers/process-share.ts')).processShare(clock) : undefined;
  const identity = await openIdentity(options);
  const dataplane = new Dataplane({
    source: node?.id ?? 'proxy',
    gateways: node?.gateways ?? 'all',
    ...(outbound === undefined ? {} : { outbound }),
    ...(node?.service === undefined ? {} : { beside: { service: node.service, version: node.version } }),
    ...(identity === undefined ? {} : { identity }),
    ...(tracing === undefined ? {} : { tracing }),
    ...(options.locality === undefined ? {} : { locality: options.locality }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(sharing === undefined ? {} : { sharing }),
    halt,
    clock,
    seed: randomInt(2 ** 32),
  });
  const parts = new Parts(dataplane, tracing);
  try {
    parts.openAccessLog(options);
    await parts.startAdmin(options, halt);
    if (control === undefined) await parts.readFiles(files ?? [], log);
    else await parts.joinMesh(control, options, identity);
  } catch (error) {
    await parts.close(0);
    throw error;
  }
  return parts.running(log);
}

/**
 * Starts several processes that run this one's command line and share its listening sockets; this one carries no traffic.
 * @throws MeshproofError when one of them ends before it serves, or the admin server cannot listen
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { Workers } = await import('./workers/primary.ts');
  return Workers.start(options);
}

/** A machine as a member of the mesh: see joinAsHost of mesh/join.ts. @returns sends the last counts, and leaves */
export async function joinAsHost(host: HostMember): Promise<{ readonly close: () => Promise<void> }> {
  return (await import('./mesh/join.ts')).joinAsHost(host);
}

/** The SDK is loaded only where spans go somewhere: it costs some megabytes. */
async function startTracing({ tracing, node }: ProxyOptions): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined;
  const { openTelemetry } = await import('./tracing/open-telemetry.ts');
  return openTelemetry({ ...tracing, name: node?.service ?? node?.id ?? 'meshproof', version: BUILD });
}

/** @returns undefined: it has no token, or is nobody */
async function openIdentity({ node, token, dataDir, log }: ProxyOptions): Promise<MeshIdentity | undefined> {
  const name = node && identityNameOf(node);
  if (token === undefined || name === undefined) return undefined;
  const { MeshIdentity } = await import('./identity/mesh-identity.ts');
  const { identityStore } = await import('./identity/identity-store.ts');
  const store = dataDir === undefined ? undefined : identityStore(dataDir, log);
  const identity = new MeshIdentity({ name, token, clock, wallMs: Date.now, random: share, store, log });
  await identity.restore();
  return identity;
}

/** What has been started so far, so that all of it is closed, in order, whenever it ends. */
class Parts {
  readonly #dataplane: Dataplane;
  readonly #tracing: Tracing | undefined;
  #certificates: CertificateWatch | undefined;
  #accessLog: AccessLog | undefined;
  #admin: AdminServer | undefined;
  #files: FileConfig | undefined;
  #mesh: MeshClient | undefined;

  constructor(dataplane: Dataplane, tracing: Tracing | undefined) {
    this.#dataplane = dataplane;
    this.#tracing = tracing;
  }

  openAccessLog({ accessLog }: ProxyOptions): void {
    if (accessLog === undefined) return;
    this.#accessLog = new AccessLog(accessLog, Date.now);
    this.#dataplane.observe(this.#accessLog.observe);
  }

  async startAdmin({ admin, haltFile, log }: ProxyOptions, halt: HaltSwitch): Promise<void> {
    if (admin === undefined) return;
    const dataplane = this.#dataplane;
    const onHalted = (again: boolean): void => {
      const dropped = dataplane.halt();
      if (!again || dropped.overlays + dropped.faults > 0) this.#mesh?.haltedHere(dropped);
    };
    this.#admin = await AdminServer.start({ listen: admin, dataplane, halt, onHalted, haltFile, log });
  }

  async readFiles(files: readonly string[], log: Logger): Promise<void> {
    this.#files = await FileConfig.start({ files, dataplane: this.#dataplane, log, random: share });
  }

  async joinMesh(
    control: string,
    { node, dataDir, log }: ProxyOptions,
    identity: MeshIdentity | undefined,
  ): Promise<void> {
    if (node === undefined) throw new MeshproofError('REQUEST_INVALID', 'a proxy of a mesh needs a node: id and role');
    const admin = this.#admin === undefined ? {} : { admin: this.#admin.address };
    const { joinMesh } = await import('./mesh/join.ts');
    const dataplane = this.#dataplane;
    this.#mesh = await joinMesh({ control, node: { ...node, ...admin }, dataplane, identity, dataDir, log });
  }

  /** The last requests are counted before the last report, and /ready says 503 until the end. */
  async close(drainTimeoutMs = DRAIN_TIMEOUT_MS): Promise<void> {
    this.#files?.close();
    this.#certificates?.close();
    this.#mesh?.drain();
    await this.#dataplane.drain(drainTimeoutMs);
    await this.#mesh?.close();
    await this.#admin?.close();
    await this.#tracing?.close();
    await this.#accessLog?.close();
  }

  running(log: Logger): RunningProxy {
    const certificates = new CertificateWatch(this.#dataplane, log);
    this.#certificates = certificates;
    const files = this.#files;
    const reload = (): Promise<boolean> => (files ?? certificates).reload();
    let closing: Promise<void> | undefined;
    return {
      dataplane: this.#dataplane,
      ...(this.#admin === undefined ? {} : { adminAddress: this.#admin.address }),
      reload,
      serveAsWorker: async (onDrain) => {
        const { serveAsWorker } = await import('./workers/worker.ts');
        serveAsWorker({ dataplane: this.#dataplane, reload, onDrain });
      },
      close: (drainTimeoutMs) => (closing ??= this.close(drainTimeoutMs)),
    };
  }
}

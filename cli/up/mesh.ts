/** A whole mesh on this machine: starts it in order, keeps it running, stops it in order. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MeshproofError } from '../../contracts/errors.ts';
import { TOKEN_VARIABLE } from '../../contracts/identity-proof.ts';
import type { Client } from '../api/client.ts';
import { createClient } from '../api/client.ts';
import { pause } from '../api/pause.ts';
import { tokenMaker } from '../tokens.ts';
import { Child } from './child.ts';
import { Host } from './host.ts';
import type { Target } from './host-faults.ts';
import { controlDataDir } from './plan.ts';
import type { ProcessPlan, Role, UpPlan } from './plan.ts';
import { requireFree } from './ports.ts';
import { waitUntilReady } from './ready.ts';
import { ReaperLink } from './reaper-link.ts';

const CALL_TIMEOUT_MS = 10_000;
const PROXIES_LIMIT_MS = 20_000;

/** Traffic stops coming in first; who decides goes last. */
const STOP_ORDER: readonly Role[] = ['gateway', 'service', 'sidecar', 'control'];

export type MeshOptions = {
  readonly plan: UpPlan;
  readonly dataDir: string;
  /** host:port */
  readonly control: string;
  /** One line of progress, or of trouble. */
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
};

export class LocalMesh {
  readonly client: Client;
  readonly #options: MeshOptions;
  readonly #children: Child[] = [];
  #reaper: ReaperLink | undefined;
  #host: Host | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: MeshOptions) {
    this.#options = options;
    this.client = createClient(`http://${options.control}`, CALL_TIMEOUT_MS);
  }

  /**
   * Starts everything and resolves when it is ready. What was started is stopped again when something fails.
   * @throws MeshproofError ADDRESS_IN_USE before anything starts; INTERNAL when a process does not come up
   */
  static async start(options: MeshOptions): Promise<LocalMesh> {
    await requireFree(options.plan.addresses);
    const mesh = new LocalMesh(options);
    try {
      await mesh.#start();
      return mesh;
    } catch (error) {
      await mesh.stop();
      throw error;
    }
  }

  /** The processes that run now. */
  processes(): readonly { readonly name: string; readonly role: Role; readonly pid: number | undefined }[] {
    return this.#children.map((child) => ({ name: child.plan.name, role: child.plan.role, pid: child.pid }));
  }

  /** Ends everything in order; resolves when all of it is gone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Ends everything at once. */
  kill(): void {
    for (const child of this.#children) child.kill();
  }

  async #start(): Promise<void> {
    const { plan, signal, tell } = this.#options;
    this.#reaper = new ReaperLink();
    const logs = join(this.#options.dataDir, 'logs');
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const services = plan.services.map((p) => this.#spawn(p));
    const control = this.#spawn(plan.control);
    await waitUntilReady(control, signal);
    if (plan.documents.length > 0) await this.client.apply(plan.documents, false);
    tell(`control plane ready, ${plan.documents.length} documents declared`);
    for (const p of plan.proxies) this.#spawn(this.#withToken(p));
    if (services.length > 0)
      this.#host = await Host.start({
        control: `http://${this.#options.control}`,
        logs,
        tell,
        targets: () => targetsOf(services),
      });
    await Promise.all([...services.map((child) => waitUntilReady(child, signal)), this.#proxiesInSync()]);
    tell(`${plan.proxies.length} proxies in sync, ${services.length} services ready`);
  }

  /** Resolves when every proxy has acknowledged the configuration. */
  async #proxiesInSync(): Promise<void> {
    const { plan, signal } = this.#options;
    const deadlineMs = performance.now() + PROXIES_LIMIT_MS;
    const wanted = new Set(plan.proxies.map((p) => p.name));
    while (wanted.size > 0) {
      signal.throwIfAborted();
      for (const proxy of await this.client.proxies()) {
        if (proxy.connected && proxy.sync === 'ACKED') wanted.delete(proxy.id);
        if (proxy.sync === 'NACKED') {
          throw new MeshproofError('CONFIG_REFUSED', `proxy ${proxy.id}: ${proxy.message ?? 'no reason given'}`);
        }
      }
      if (wanted.size === 0) return;
      if (performance.now() > deadlineMs) throw this.#outOfSync([...wanted]);
      await pause(100, signal);
    }
  }

  #outOfSync(names: readonly string[]): MeshproofError {
    const first = this.#children.find((child) => child.plan.name === names[0]);
    const said = first ? `\n${first.logTail().replace(/^/gm, '    ')}` : '';
    const message = `not in sync after ${PROXIES_LIMIT_MS / 1_000} s: ${names.join(', ')}; logs in ${this.#options.dataDir}/logs${said}`;
    return new MeshproofError('INTERNAL', message);
  }

  /** So that mTLS between services works by itself. In the environment, which others on the machine cannot read. */
  #withToken(plan: ProcessPlan): ProcessPlan {
    const tokenFor = tokenMaker(controlDataDir(this.#options.dataDir));
    if (plan.identity === undefined || tokenFor === undefined) return plan;
    return { ...plan, env: { ...plan.env, [TOKEN_VARIABLE]: tokenFor(plan.identity) } };
  }

  #spawn(plan: ProcessPlan): Child {
    const child = new Child(plan, join(this.#options.dataDir, 'logs', `${plan.name}.log`), {
      onSpawn: (pid) => this.#reaper?.add(pid),
      onExit: (pid) => this.#reaper?.remove(pid),
      onDeath: (dead, how, restartInMs) => {
        this.#options.tell(
          `${dead.plan.name} ${how}; starting it again in ${restartInMs} ms (its log: ${dead.logFile})`,
        );
      },
    });
    this.#children.push(child);
    child.start();
    return child;
  }

  async #stop(): Promise<void> {
    await this.#host?.close();
    for (const role of STOP_ORDER) {
      await Promise.all(this.#children.filter((c) => c.plan.role === role).map((child) => child.stop()));
    }
    this.#reaper?.close();
  }
}

/** What Chaos experiments may break. */
function targetsOf(children: readonly Child[]): Target[] {
  return children.flatMap((child) => {
    const { of } = child.plan;
    if (!of) return [];
    return [
      {
        ...of,
        signal: (signal) => child.signal(signal),
        holdDown: () => child.holdDown(),
        letBack: () => child.letBack(),
      },
    ];
  });
}

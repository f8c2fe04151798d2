/**
 * The process faults of experiments on this host. It obeys overlays as a proxy does: they are in force as long as they
 * are sent, at most for their lease on our own clock, and a halt ends them at once. Undoing what was done is always
 * possible without anybody else.
 */
import type { Overlay, OverlayProcessFault } from '../../contracts/overlay.ts';
import type { ProcessFaultSpec } from '../../contracts/process-fault.ts';
import type { HitRow } from '../../contracts/telemetry.ts';

/** A process of a version, as the supervisor holds it. */
export type Target = {
  readonly service: string;
  readonly version: string;
  /** @returns false when it does not run */
  signal(signal: NodeJS.Signals): boolean;
  /** Kills it and keeps it away until `letBack`. */
  holdDown(): boolean;
  letBack(): void;
};

export type Pressure = Pick<ProcessFaultSpec, 'cpu' | 'memory'>;
/** Starts processes that burden the machine. @param begun - called when all of them do @returns ends them */
export type Press = (pressure: Pressure, begun: () => void) => () => void;

export type HostFaultsOptions = {
  readonly targets: () => readonly Target[];
  readonly press: Press;
  readonly nowMs: () => number;
  /** One line for the person who watches. */
  readonly tell: (line: string) => void;
};

type Active = {
  readonly experimentId: string;
  readonly name: string;
  undo: () => void;
  hits: number;
};
type Lease = { readonly experimentId: string; readonly epoch: number; readonly leaseMs: number; untilMs: number };

export class HostFaults {
  readonly #options: HostFaultsOptions;
  #leases = new Map<string, Lease>();
  #active = new Map<string, Active>();
  /** Over, with hits that are not reported yet. */
  #over: Active[] = [];
  onLeaseExpired: (experimentId: string, epoch: number) => void = () => {};

  constructor(options: HostFaultsOptions) {
    this.#options = options;
  }

  /** Puts exactly those of these overlays in force. */
  setOverlays(overlays: readonly Overlay[]): { refused: [] } {
    const nowMs = this.#options.nowMs();
    const own = overlays.filter((overlay) => overlay.processFaults !== undefined);
    this.#leases = new Map(
      own.map(({ experimentId, epoch, leaseMs }) => [
        experimentId,
        { experimentId, epoch, leaseMs, untilMs: nowMs + leaseMs },
      ]),
    );
    const wanted = new Map(
      own.flatMap((overlay) =>
        (overlay.processFaults ?? []).map((fault) => [keyOf(overlay, fault), { overlay, fault }] as const),
      ),
    );
    for (const [key, active] of this.#active) if (!wanted.has(key)) this.#end(key, active);
    for (const [key, { overlay, fault }] of wanted) if (!this.#active.has(key)) this.#begin(key, overlay, fault);
    return { refused: [] };
  }

  renewLeases(experimentIds: readonly string[]): void {
    for (const id of experimentIds) {
      const lease = this.#leases.get(id);
      if (lease) lease.untilMs = this.#options.nowMs() + lease.leaseMs;
    }
  }

  /** Ends what has run out. To be called several times a second. */
  sweep(): void {
    const nowMs = this.#options.nowMs();
    for (const lease of [...this.#leases.values()]) {
      if (nowMs < lease.untilMs) continue;
      this.#drop(lease.experimentId);
      this.onLeaseExpired(lease.experimentId, lease.epoch);
    }
  }

  halt(): { overlays: number; faults: number } {
    const counts = { overlays: this.#leases.size, faults: this.#active.size };
    for (const id of [...this.#leases.keys()]) this.#drop(id);
    return counts;
  }

  /** A host has no requests to tell of. */
  observe(): () => void {
    return () => undefined;
  }

  hasOverlays(): boolean {
    return this.#leases.size > 0;
  }

  /** Processes that were touched since the last call. */
  takeTelemetry(): { traffic: []; arms: []; hits: HitRow[] } {
    const rows = [...this.#over, ...this.#active.values()].flatMap((active) => {
      const { experimentId, name, hits } = active;
      active.hits = 0;
      return hits > 0 ? [{ experimentId, fault: name, hits }] : [];
    });
    this.#over = [];
    return { traffic: [], arms: [], hits: rows };
  }

  #drop(experimentId: string): void {
    this.#leases.delete(experimentId);
    for (const [key, active] of this.#active) if (active.experimentId === experimentId) this.#end(key, active);
  }

  #begin(key: string, { experimentId, experiment }: Overlay, { name, spec }: OverlayProcessFault): void {
    const targets = this.#options
      .targets()
      .filter((t) => t.service === spec.service && (spec.version === undefined || t.version === spec.version));
    const on = targets.map(({ service, version }) => `${service} ${version}`).join(', ');
    const active: Active = { experimentId, name, hits: 0, undo: () => undefined };
    this.#active.set(key, active);
    this.#act(active, spec, targets, (hits) => {
      active.hits += hits;
      this.#options.tell(`${experiment}: ${name} ${hits === 0 ? 'finds no process here' : `on ${on}`}`);
    });
  }

  /** @param met - called with the number of processes that were met; later, where that takes time */
  #act(active: Active, spec: ProcessFaultSpec, targets: readonly Target[], met: (hits: number) => void): void {
    if (targets.length > 0 && (spec.cpu ?? spec.memory)) {
      active.undo = this.#options.press(spec, () => met(targets.length));
      return;
    }
    const act = (target: Target): boolean =>
      spec.down ? target.holdDown() : target.signal(spec.pause ? 'SIGSTOP' : 'SIGKILL');
    active.undo = () => {
      for (const target of targets) {
        if (spec.down) target.letBack();
        if (spec.pause) target.signal('SIGCONT');
      }
    };
    met(targets.filter(act).length);
  }

  #end(key: string, active: Active): void {
    active.undo();
    this.#active.delete(key);
    this.#over.push(active);
  }
}

/** In a later epoch of the same experiment, a fault that is as before goes on. */
function keyOf({ experimentId }: Overlay, { name, spec }: OverlayProcessFault): string {
  return JSON.stringify([experimentId, name, spec]);
}

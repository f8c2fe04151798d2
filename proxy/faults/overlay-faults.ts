/** The faults that experiments lay over the configuration: in force as long as the overlay that carries them. */
import { API_VERSION } from '../../contracts/document.ts';
import { FaultSpec } from '../../contracts/fault.ts';
import type { Overlay, OverlayFault } from '../../contracts/overlay.ts';
import type { HitRow } from '../../contracts/telemetry.ts';
import type { Runtime } from '../runtime.ts';
import { ActiveFault } from './active-fault.ts';
import { CapTable } from './caps/cap-table.ts';

type Held = {
  readonly experimentId: string;
  readonly name: string;
  readonly fault: ActiveFault;
  /** Of its hits. */
  reported: number;
};

/** @returns why a fault of an overlay cannot be put in force, or undefined */
export function faultProblem({ name, spec }: OverlayFault): string | undefined {
  const checked = FaultSpec.safeParse(spec);
  return checked.success ? undefined : `fault ${name}: ${checked.error.issues.map((i) => i.message).join('; ')}`;
}

export class OverlayFaults {
  readonly #runtime: Runtime;
  /** They go on from one stage of an experiment to the next. */
  readonly #caps: CapTable;
  #held = new Map<string, Held>();
  /** Gone, with hits that are not reported yet. */
  #gone: Held[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#caps = new CapTable(runtime);
  }

  all(): readonly ActiveFault[] {
    return [...this.#held.values()].map(({ fault }) => fault);
  }

  /** Puts exactly those of these overlays in force. One that is as before keeps its counts, in a later epoch too. */
  set(overlays: readonly Overlay[]): void {
    const next = new Map<string, Held>();
    for (const overlay of overlays) {
      for (const wanted of overlay.faults ?? []) {
        const key = JSON.stringify([overlay.experimentId, wanted.name, wanted.spec]);
        const held = this.#held.get(key) ?? this.#make(overlay, wanted);
        if (!held) continue;
        held.fault.renew();
        next.set(key, held);
      }
    }
    for (const [key, held] of this.#held) {
      if (next.has(key)) continue;
      held.fault.retire();
      this.#gone.push(held);
    }
    this.#held = next;
    this.#caps.keepOnly(this.all().flatMap(({ caps }) => caps));
  }

  renew(experimentIds: ReadonlySet<string>): void {
    for (const { experimentId, fault } of this.#held.values())
      if (experimentIds.has(experimentId) && fault.active) fault.renew();
  }

  /** Since the last call. */
  takeHits(): HitRow[] {
    const rows = [...this.#gone, ...this.#held.values()].flatMap((held) => {
      const hits = held.fault.met - held.reported;
      held.reported = held.fault.met;
      return hits > 0 ? [{ experimentId: held.experimentId, fault: held.name, hits }] : [];
    });
    this.#gone = [];
    return rows;
  }

  #make(overlay: Overlay, { name, spec }: OverlayFault): Held | undefined {
    const { experimentId, experiment, leaseMs, faultLimits = {} } = overlay;
    const checked = FaultSpec.safeParse(spec);
    if (!checked.success) return undefined;
    // The overlay's lease is renewed by heartbeats for its run alone; the fault must not outlive it.
    const lease = Math.min(leaseMs, checked.data.lease);
    const caps = [
      ...this.#caps.of(`run\n${experimentId}\n${name}`, checked.data),
      ...this.#caps.of(`run\n${experimentId}`, faultLimits),
    ];
    const metadata = { name: `${experiment}/${name}` };
    const document = { apiVersion: API_VERSION, kind: 'Fault', metadata, spec: { ...checked.data, lease } } as const;
    const fault = new ActiveFault(this.#runtime, document, caps);
    return { experimentId, name, fault, reported: 0 };
  }
}

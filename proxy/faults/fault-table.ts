/** Every fault of a process: those that are declared, and those that experiments lay over the configuration. */
import type { FaultDocument } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { HitRow } from '../../contracts/telemetry.ts';
import type { Runtime } from '../runtime.ts';
import { hashText } from '../random.ts';
import { ActiveFault } from './active-fault.ts';
import { CapTable } from './caps/cap-table.ts';
import { OverlayFaults } from './overlay-faults.ts';

export class FaultTable {
  readonly #runtime: Runtime;
  readonly #ofOverlays: OverlayFaults;
  readonly #caps: CapTable;
  #declared = new Map<string, ActiveFault>();
  #sources = new Map<string, string>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#caps = new CapTable(runtime);
    this.#ofOverlays = new OverlayFaults(runtime);
  }

  all(): readonly ActiveFault[] {
    return [...this.#declared.values(), ...this.#ofOverlays.all()];
  }

  /** A fault that is declared as before keeps its lease, its counts and its state of halt. */
  declare(documents: readonly FaultDocument[]): void {
    const next = new Map<string, ActiveFault>();
    const sources = new Map<string, string>();
    for (const document of documents) {
      const name = document.metadata.name;
      const source = JSON.stringify(document.spec);
      const old = this.#sources.get(name) === source ? this.#declared.get(name) : undefined;
      next.set(name, old ?? this.#make(document, source));
      sources.set(name, source);
    }
    for (const [name, fault] of this.#declared) if (next.get(name) !== fault) fault.retire();
    this.#declared = next;
    this.#sources = sources;
    this.#caps.keepOnly([...next.values()].flatMap(({ caps }) => caps));
  }

  #make(document: FaultDocument, source: string): ActiveFault {
    const key = `fault\n${document.metadata.name}\n${hashText(source, 0)}`;
    return new ActiveFault(this.#runtime, document, this.#caps.of(key, document.spec));
  }

  /** Puts exactly the faults of these overlays in force, beside those that are declared. */
  lay(overlays: readonly { readonly overlay: Overlay }[]): void {
    this.#ofOverlays.set(overlays.map(({ overlay }) => overlay));
  }

  /** The control plane lives: what is declared goes on, and so does what these experiments laid. */
  renew(experimentIds: ReadonlySet<string>): void {
    for (const fault of this.#declared.values()) fault.renew();
    this.#ofOverlays.renew(experimentIds);
  }

  /** What waits in a fault that is over goes on. */
  release(): void {
    for (const fault of this.all()) fault.release();
  }

  /** How many keep endpoints out of the plans: when it changes, these are built anew. */
  countTaking(): number {
    return this.all().filter((f) => f.spec.endpointGone !== undefined && f.active).length;
  }

  /** Of the faults of experiments, since the last call. */
  takeHits(): HitRow[] {
    return this.#ofOverlays.takeHits();
  }
}

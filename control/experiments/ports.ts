/** What the runner needs from the world, made of the store, the documents and the distribution. */
import type { ServiceSpec } from '../../contracts/service.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import { checkDocument } from '../../contracts/parse.ts';
import type { Ports } from '../../experiments/ports.ts';
import type { Documents } from '../documents/documents.ts';
import type { Hub } from '../distribution/hub.ts';
import { measure } from '../metrics/measure.ts';
import type { Store } from '../store/store.ts';

export type World = {
  readonly store: Store;
  readonly documents: Documents;
  readonly hub: Hub;
  readonly wallClock: () => Date;
  readonly nowMs: () => number;
  readonly ask: NonNullable<Ports['ask']>;
  /** Writes to the journal, with what is to be told of it. */
  readonly append: Ports['journal']['append'];
  readonly onChange: (view: ExperimentView) => void;
  readonly onJournal: (entry: JournalEntry) => void;
};

export function portsOf({ store, documents, hub, wallClock, nowMs, ask, append, onChange, onJournal }: World): Ports {
  return {
    journal: {
      append,
      read: (id) => store.readJournal(id),
      list: () => store.journals(),
      verify: (id) => store.verifyJournal(id),
    },
    overlays: {
      // Stored first: a control plane that dies in between sends it when it is back, or replaces it.
      async set(overlay: Overlay) {
        await store.setOverlay(overlay);
        hub.setOverlays([...hub.overlays().filter((o) => o.experimentId !== overlay.experimentId), overlay]);
      },
      // Sent first: this is the rollback, and the traffic must not wait for the disk.
      async drop(experimentId: string) {
        const rest = hub.overlays().filter((o) => o.experimentId !== experimentId);
        if (rest.length !== hub.overlays().length) hub.setOverlays(rest);
        await store.dropOverlay(experimentId);
      },
      async confirm() {
        await hub.caughtUp(CONFIRM_WITHIN_MS);
        const behind = hub.behind();
        if (behind.length > 0)
          throw new MeshproofError('ROLLBACK_UNCONFIRMED', `not acknowledged by ${behind.join(', ')} yet`);
      },
    },
    services: {
      stable: (service) => Promise.resolve(specOf(documents, service)?.stable),
      versions: (service) => Promise.resolve(Object.keys(specOf(documents, service)?.versions ?? {})),
      moveStable: (service, from, to) => moveStable(documents, service, from, to),
    },
    measure: (provider, variables) => measure(provider, variables),
    ask,
    wallClock,
    nowMs,
    onChange,
    onJournal,
  };
}

/** A proxy that is connected answers within milliseconds; what else is to be done must not wait long. */
const CONFIRM_WITHIN_MS = 1_000;

function specOf(documents: Documents, service: string): ServiceSpec | undefined {
  const source = documents.get('Service', service);
  const checked = source && checkDocument(source);
  return checked?.ok && checked.document.kind === 'Service' ? checked.document.spec : undefined;
}

/** Edits `spec.stable` and nothing else of what the person wrote. */
async function moveStable(documents: Documents, service: string, from: string, to: string): Promise<void> {
  await documents.edit('Service', service, (source: SourceDocument) => {
    const stable = source.spec['stable'];
    if (stable === to) return undefined;
    if (stable !== from) {
      throw new MeshproofError(
        'BASELINE_NOT_STABLE',
        `the stable version of ${service} is ${String(stable)}, neither ${from} nor ${to}: someone moved it`,
      );
    }
    return { ...source, spec: { ...source.spec, stable: to } };
  });
}

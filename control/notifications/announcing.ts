/** The journal as the runner writes it, with what is to be told of each entry beside it: both are durable, or neither. */
import type { NotificationDocument, SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { NotificationEvent } from '../../contracts/notification.ts';
import { checkDocument } from '../../contracts/parse.ts';
import { declarationOf } from '../../experiments/journal.ts';
import { storyOf } from '../../experiments/stories.ts';
import type { Documents } from '../documents/documents.ts';
import type { Delivery } from '../store/delivery-table.ts';
import type { Store } from '../store/store.ts';
import { aboutOf, eventsOf, isWanted } from './event-of.ts';
import type { About } from './event-of.ts';

export type Announcing = {
  readonly store: Store;
  readonly documents: Documents;
  /** Told of deliveries that are in the store. */
  readonly onMade: (deliveries: readonly Delivery[]) => void;
};

/** @returns the `append` of a journal */
export function announcing({
  store,
  documents,
  onMade,
}: Announcing): (entries: readonly JournalEntry[]) => Promise<void> {
  const known = new Map<string, About>();

  const about = async (entries: readonly JournalEntry[], id: string): Promise<About> => {
    const first = entries.find(({ seq }) => seq === 0);
    const found = known.get(id) ?? read(id, first ?? (await store.readJournal(id))[0]);
    known.set(id, found);
    return found;
  };

  const deliveriesOf = async (entries: readonly JournalEntry[]): Promise<readonly Delivery[]> => {
    const declared = notificationsOf(documents);
    const id = entries[0]?.experimentId;
    if (declared.length === 0 || id === undefined) return [];
    // In the order of keys of the schema, as it will be read back: every process must send the same bytes.
    const events = eventsOf(entries, await about(entries, id)).map((event) => NotificationEvent.parse(event));
    return events.flatMap((event) =>
      declared
        .filter(({ spec }) => isWanted(spec, event))
        .map(({ metadata }): Delivery => {
          const { id: messageId, run: experimentId, event: type, at } = event;
          const seq = Number(messageId.slice(experimentId.length + 1));
          const fresh = { state: 'waiting', attempts: 0, says: '', madeAt: at, updatedAt: at } as const;
          return {
            notification: metadata.name,
            experimentId,
            seq,
            id: messageId,
            event: type,
            ...fresh,
            payload: event,
          };
        }),
    );
  };

  return async (entries) => {
    const deliveries = await deliveriesOf(entries);
    await store.appendJournal(entries, deliveries);
    if (deliveries.length > 0) onMade(deliveries);
  };
}

/** Of a journal that cannot be read, only its id can be told. */
function read(id: string, first: JournalEntry | undefined): About {
  try {
    return aboutOf(storyOf({ id, ...declarationOf(first) }));
  } catch (error) {
    if (!(error instanceof MeshproofError)) throw error;
    return { experiment: id, kind: 'experiment', service: '', baseline: '', candidate: '' };
  }
}

function notificationsOf(documents: Documents): readonly NotificationDocument[] {
  return documents.all().flatMap((source) => notificationOf(source) ?? []);
}

/** Of a document that is stored: one that a newer schema no longer takes is as if it were not there. */
export function notificationOf(source: SourceDocument | undefined): NotificationDocument | undefined {
  if (source?.kind !== 'Notification') return undefined;
  const checked = checkDocument(source);
  return checked.ok && checked.document.kind === 'Notification' ? checked.document : undefined;
}

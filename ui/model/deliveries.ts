/** What others were told of a run, as lines between the decisions of its journal. */
import type { JournalEntry } from '../../contracts/experiment.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import { entriesForPeople, evidenceOf } from './journal.ts';

/** A line of the timeline: a decision, or what became of a notification. */
export type TimelineLine = {
  readonly key: string;
  readonly at: string;
  readonly type: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** `team-chat was told of "verdict"`; null for one that was not tried yet. */
export function deliverySentence({ notification, event, state, attempts, says }: DeliveryView): string | null {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  switch (state) {
    case 'delivered':
      return `${notification} was told of "${event}"${attempts > 1 ? `, after ${tries}` : ''}`;
    case 'given-up':
      return `${notification} could not be told of "${event}", and is not tried again after ${tries}: ${says}`;
    case 'waiting':
      return attempts === 0
        ? null
        : `${notification} could not be told of "${event}" yet, and is tried again after ${tries}: ${says}`;
  }
}

/** Adds deliveries; each stands once, as it was heard of last. */
export function mergeDeliveries(
  deliveries: readonly DeliveryView[],
  more: readonly DeliveryView[],
): readonly DeliveryView[] {
  const byKey = new Map<string, DeliveryView>();
  for (const delivery of [...deliveries, ...more]) {
    const key = keyOf(delivery);
    if ((byKey.get(key)?.updatedAt ?? '') <= delivery.updatedAt) byKey.set(key, delivery);
  }
  return [...byKey.values()];
}

/** In order of time; of one moment, the journal first, in its own order. */
export function timelineOf(
  entries: readonly JournalEntry[],
  deliveries: readonly DeliveryView[],
): readonly TimelineLine[] {
  const decisions = entriesForPeople(entries).map((entry) => ({
    ...entry,
    key: String(entry.seq),
    data: evidenceOf(entry),
  }));
  const told = deliveries.flatMap((delivery) => {
    const message = deliverySentence(delivery);
    const type = delivery.state === 'delivered' ? 'told' : 'not told';
    return message === null ? [] : [{ key: keyOf(delivery), at: delivery.updatedAt, type, message, data: {} }];
  });
  // Stable: entries stand in their own order even where a clock was set back.
  return told.reduce<readonly TimelineLine[]>((lines, line) => {
    const place = lines.findIndex(({ at }) => at > line.at);
    return place < 0 ? [...lines, line] : [...lines.slice(0, place), line, ...lines.slice(place)];
  }, decisions);
}

function keyOf({ notification, seq }: DeliveryView): string {
  return `${notification}/${seq}`;
}

/**
 * Sends what the outbox holds: to each receiver in order, one at a time, again and again until it takes it or its time is
 * over. A receiver that hangs keeps no other waiting, and no experiment.
 */
import type { NotificationSpec } from '../../contracts/notification.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import type { Documents } from '../documents/documents.ts';
import type { Log } from '../log.ts';
import { send, sentenceOf } from '../outgoing/send.ts';
import type { Secrets } from '../outgoing/secrets.ts';
import type { Delivery } from '../store/delivery-table.ts';
import type { Store } from '../store/store.ts';
import { notificationOf } from './announcing.ts';
import { messageOf } from './message.ts';
import { pauseAfter } from './pause.ts';

/** This message will never be taken: the receiver is gone, or does not understand it. */
const NEVER: readonly number[] = [400, 410, 413, 415, 422];

export type DeliveriesOptions = {
  readonly store: Store;
  readonly documents: Documents;
  readonly secrets: Secrets;
  readonly wallClock: () => Date;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly log: Log;
  readonly onChange: (delivery: DeliveryView) => void;
};

/** @property retryAfterMs - null: the receiver asks for nothing; `never`: trying again cannot help */
type Attempt = { readonly says: string | null; readonly retryAfterMs: number | null | 'never' };

/** Of one receiver: what waits, oldest first; when the first of it is due; and what is under way. */
type Line = { readonly waiting: Delivery[]; dueMs: number; sending: Promise<void> | null };

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #lines = new Map<string, Line>();
  readonly #closing = new AbortController();
  readonly #counts = { delivered: 0, failed: 0, 'given-up': 0 };

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier process left. Call it before anything is added. */
  async resume(): Promise<void> {
    this.add(await this.#options.store.waitingDeliveries());
  }

  /** What is in the store. */
  add(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      const line = this.#lines.get(delivery.notification) ?? { waiting: [], dueMs: -Infinity, sending: null };
      line.waiting.push(delivery);
      this.#lines.set(delivery.notification, line);
      this.#options.onChange(viewOf(delivery));
    }
    this.tick();
  }

  /** Attempts since the start of this process, and what waits. */
  get counts(): {
    readonly delivered: number;
    readonly failed: number;
    readonly 'given-up': number;
    readonly waiting: number;
  } {
    const waiting = [...this.#lines.values()].reduce((sum, line) => sum + line.waiting.length, 0);
    return { ...this.#counts, waiting };
  }

  tick(): void {
    const nowMs = this.#options.nowMs();
    for (const line of this.#lines.values()) {
      const [first] = line.waiting;
      if (!first || line.sending || nowMs < line.dueMs || this.#closing.signal.aborted) continue;
      line.sending = this.#work(line, first)
        .catch((error: unknown) => this.#onTrouble(line, first, error))
        .finally(() => {
          line.sending = null;
        });
    }
  }

  /** What is under way is broken off, and sent again by the next process, under the same id. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const line of this.#lines.values()) await line.sending;
  }

  /** The store could not take it in: sent again later, under the same id. */
  #onTrouble(line: Line, { notification, id }: Delivery, error: unknown): void {
    line.dueMs = this.#options.nowMs() + pauseAfter(0, null, this.#options.random());
    this.#options.log.error({ notification, id, error }, 'how a notification stands could not be stored');
  }

  async #work(line: Line, delivery: Delivery): Promise<void> {
    const { documents, nowMs, random } = this.#options;
    const spec = notificationOf(documents.get('Notification', delivery.notification))?.spec;
    if (!spec) return this.#settle(line, { ...delivery, state: 'given-up', says: 'its document was deleted' });
    const { says, retryAfterMs } = await this.#attempt(spec, delivery);
    if (this.#closing.signal.aborted && says !== null) return;
    const tried: Delivery = { ...delivery, attempts: delivery.attempts + 1, says: says ?? '' };
    if (says === null) return this.#settle(line, { ...tried, state: 'delivered' });
    this.#counts.failed++;
    if (retryAfterMs === 'never' || this.#ageMs(delivery) >= spec.retryFor)
      return this.#settle(line, { ...tried, state: 'given-up' });
    line.dueMs = nowMs() + pauseAfter(delivery.attempts, retryAfterMs, random());
    line.waiting[0] = tried;
    await this.#save(tried);
  }

  #ageMs({ madeAt }: Delivery): number {
    return this.#options.wallClock().getTime() - Date.parse(madeAt);
  }

  async #settle(line: Line, delivery: Delivery): Promise<void> {
    await this.#save(delivery);
    line.waiting.shift();
    line.dueMs = -Infinity;
    if (delivery.state === 'delivered') this.#counts.delivered++;
    if (delivery.state !== 'given-up') return;
    this.#counts['given-up']++;
    const { notification, id, says } = delivery;
    this.#options.log.warn({ notification, id, says }, 'a notification is given up');
  }

  async #save(delivery: Delivery): Promise<void> {
    const updated = { ...delivery, updatedAt: this.#options.wallClock().toISOString() };
    await this.#options.store.saveDelivery(updated);
    this.#options.onChange(viewOf(updated));
  }

  async #attempt(spec: NotificationSpec, { payload }: Delivery): Promise<Attempt> {
    const { secrets, wallClock } = this.#options;
    try {
      const message = messageOf(spec.format, payload);
      const posted = await send(spec, message, { secrets, wallClock, signal: this.#closing.signal });
      if (posted.status >= 200 && posted.status < 300) return { says: null, retryAfterMs: null };
      const sentence = sentenceOf(posted.text);
      const says = sentence === '' ? String(posted.status) : `${posted.status}: ${sentence}`;
      return { says, retryAfterMs: NEVER.includes(posted.status) ? 'never' : posted.retryAfterMs };
    } catch (error) {
      return { says: error instanceof Error ? error.message : String(error), retryAfterMs: null };
    }
  }
}

export function viewOf({ payload: _, ...view }: Delivery): DeliveryView {
  return view;
}

/** What others are to be told, and whether they were: written in one transaction with the decision that it tells of. */
import type { Client, InStatement, Row } from '@libsql/client';
import { NotificationEvent } from '../../contracts/notification.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import { textOf } from './journal-rows.ts';

/** A message to one receiver, with what it says. */
export type Delivery = DeliveryView & { readonly payload: NotificationEvent };

const COLUMNS = 'notification, experiment_id, seq, state, attempts, says, payload, made_at, updated_at';

/** One that is there already is left as it is: an append that failed may have been written all the same. */
export function insertDelivery(delivery: Delivery): InStatement {
  const { notification, experimentId, seq, state, attempts, says, payload, madeAt, updatedAt } = delivery;
  return {
    sql: `INSERT INTO deliveries (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (notification, experiment_id, seq) DO NOTHING`,
    args: [notification, experimentId, seq, state, attempts, says, JSON.stringify(payload), madeAt, updatedAt],
  };
}

export class DeliveryTable {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async save({ notification, experimentId, seq, state, attempts, says, updatedAt }: Delivery): Promise<void> {
    await this.#client.execute({
      sql: `UPDATE deliveries SET state = ?, attempts = ?, says = ?, updated_at = ?
            WHERE notification = ? AND experiment_id = ? AND seq = ?`,
      args: [state, attempts, says, updatedAt, notification, experimentId, seq],
    });
  }

  /** Oldest first. */
  async waiting(): Promise<readonly Delivery[]> {
    const { rows } = await this.#client.execute(
      `SELECT ${COLUMNS} FROM deliveries WHERE state = 'waiting' ORDER BY made_at, experiment_id, seq`,
    );
    return rows.map(deliveryOf);
  }

  async of(experimentId: string): Promise<readonly Delivery[]> {
    const { rows } = await this.#client.execute({
      sql: `SELECT ${COLUMNS} FROM deliveries WHERE experiment_id = ? ORDER BY seq, notification`,
      args: [experimentId],
    });
    return rows.map(deliveryOf);
  }
}

function deliveryOf(row: Row): Delivery {
  const payload = NotificationEvent.parse(JSON.parse(textOf(row, 'payload')));
  const state = textOf(row, 'state');
  return {
    notification: textOf(row, 'notification'),
    experimentId: textOf(row, 'experiment_id'),
    seq: Number(row['seq']),
    id: payload.id,
    event: payload.event,
    state: state === 'waiting' || state === 'delivered' ? state : 'given-up',
    attempts: Number(row['attempts']),
    says: textOf(row, 'says'),
    madeAt: textOf(row, 'made_at'),
    updatedAt: textOf(row, 'updated_at'),
    payload,
  };
}

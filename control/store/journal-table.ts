/** The journal in the store: every entry chained to the one before it, and the last one noted apart. */
import type { Client, InStatement } from '@libsql/client';
import type { ChainReport, JournalEntry } from '../../contracts/experiment.ts';
import { chainOf, GENESIS } from '../../experiments/journal-chain.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import { insertDelivery } from './delivery-table.ts';
import type { Delivery } from './delivery-table.ts';
import { chainedEntryOf, insertOf, textOf } from './journal-rows.ts';

const NOTE_HEAD = `INSERT INTO journal_heads (experiment_id, seq, hash, chained_from) VALUES (?, ?, ?, 0)
                   ON CONFLICT (experiment_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`;

export class JournalTable {
  readonly #client: Client;
  /** One at a time: an entry's hash needs the one before it. */
  #appending: Promise<unknown> = Promise.resolve();

  constructor(client: Client) {
    this.#client = client;
  }

  /** All of the entries, with what is to be told of them, or none. @throws when a number of an experiment is taken */
  append(entries: readonly JournalEntry[], deliveries: readonly Delivery[]): Promise<void> {
    const appended = this.#appending.then(() => this.#append(entries, deliveries));
    this.#appending = appended.catch(() => undefined);
    return appended;
  }

  async #append(entries: readonly JournalEntry[], deliveries: readonly Delivery[]): Promise<void> {
    const heads = new Map<string, string>();
    const statements: InStatement[] = [];
    for (const entry of entries) {
      const { experimentId: id, seq } = entry;
      // As it will be read back: what JSON leaves out must not be in the hash.
      const plain: JournalEntry = { ...entry, data: JSON.parse(JSON.stringify(entry.data)) as Record<string, unknown> };
      const chain = chainOf(plain, heads.get(id) ?? (await this.#headOf(id)));
      heads.set(id, chain.hash);
      statements.push(insertOf(plain, chain), { sql: NOTE_HEAD, args: [id, seq, chain.hash] });
    }
    await this.#client.batch([...statements, ...deliveries.map(insertDelivery)], 'write');
  }

  /** From the note, not from the last row: what follows rows that were taken away does not fit, and shows it for ever. */
  async #headOf(experimentId: string): Promise<string> {
    const { rows } = await this.#client.execute({
      sql: 'SELECT hash FROM journal_heads WHERE experiment_id = ?',
      args: [experimentId],
    });
    const hash = rows[0]?.['hash'];
    return typeof hash === 'string' ? hash : GENESIS;
  }

  async read(experimentId: string): Promise<readonly JournalEntry[]> {
    const { rows } = await this.#client.execute({
      sql: 'SELECT * FROM journal WHERE experiment_id = ? ORDER BY seq',
      args: [experimentId],
    });
    return rows.map((row) => chainedEntryOf(row, experimentId));
  }

  /** Also those of which nothing but the head is left. */
  async list(): Promise<readonly string[]> {
    const { rows } = await this.#client.execute(
      `SELECT experiment_id FROM (
         SELECT experiment_id, at FROM journal UNION ALL SELECT experiment_id, '' AS at FROM journal_heads
           WHERE experiment_id NOT IN (SELECT experiment_id FROM journal)) AS known
       GROUP BY experiment_id ORDER BY MIN(at), experiment_id`,
    );
    return rows.map((row) => textOf(row, 'experiment_id'));
  }

  async verify(experimentId: string): Promise<ChainReport> {
    const { rows } = await this.#client.execute({
      sql: 'SELECT seq, hash, chained_from FROM journal_heads WHERE experiment_id = ?',
      args: [experimentId],
    });
    const row = rows[0];
    const head = row && { seq: Number(row['seq']), hash: textOf(row, 'hash') };
    const chainedFrom = Number(row?.['chained_from'] ?? 0);
    const report = verifyChain(await this.read(experimentId), { head, chainedFrom, states: true });
    return { ...report, experimentId };
  }
}

/** The embedded store: a libSQL file, written through to disk before anything is acknowledged. */
import { createClient } from '@libsql/client';
import type { Client, InStatement, Row } from '@libsql/client';
import { keyOf } from '../../contracts/document.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import type { ChainReport, JournalEntry } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import { DeliveryTable } from './delivery-table.ts';
import type { Delivery } from './delivery-table.ts';
import { textOf } from './journal-rows.ts';
import { JournalTable } from './journal-table.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Store } from './store.ts';

/**
 * Opens (and brings up to date) the store.
 * @param url - a file: URL, or `:memory:` for tests
 */
export async function openStore(url: string, now: () => Date): Promise<Store> {
  // One connection: pragmas hold for the connection that they were given to, and writers would wait for one another anyway.
  const client = createClient({ url, concurrency: 1 });
  if (url !== ':memory:') {
    await client.execute('PRAGMA journal_mode = WAL');
    await client.execute('PRAGMA synchronous = FULL');
  }
  await migrate(client);
  return new LibsqlStore(client, now);
}

async function migrate(client: Client): Promise<void> {
  await client.execute('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
  const { rows } = await client.execute('SELECT MAX(version) AS version FROM schema_version');
  const at = Number(rows[0]?.['version'] ?? 0);
  for (const [i, { statements, fill }] of MIGRATIONS.entries()) {
    const version = i + 1;
    if (version <= at) continue;
    const filled = (await fill?.(client)) ?? [];
    await client.batch(
      [...statements, ...filled, { sql: 'INSERT INTO schema_version (version) VALUES (?)', args: [version] }],
      'write',
    );
  }
}

const READ_CONFIG_VERSION = `SELECT value FROM settings WHERE name = 'config_version'`;

/** @throws when there is none: the file is not ours */
function versionIn(rows: readonly Row[]): number {
  const version = Number(rows[0]?.['value']);
  if (!Number.isSafeInteger(version)) throw new TypeError('the store has no config_version');
  return version;
}

class LibsqlStore implements Store {
  readonly #client: Client;
  readonly #now: () => Date;
  readonly #journal: JournalTable;
  readonly #deliveries: DeliveryTable;

  constructor(client: Client, now: () => Date) {
    this.#client = client;
    this.#journal = new JournalTable(client);
    this.#deliveries = new DeliveryTable(client);
    this.#now = now;
  }

  async documents(): Promise<readonly SourceDocument[]> {
    const { rows } = await this.#client.execute('SELECT source FROM documents ORDER BY key');
    return rows.map((row) => JSON.parse(textOf(row, 'source')) as SourceDocument);
  }

  async changeDocuments(set: readonly SourceDocument[], remove: readonly string[], bumps: boolean): Promise<number> {
    const updatedAt = this.#now().toISOString();
    const statements: InStatement[] = [
      ...set.map((source) => ({
        sql: 'INSERT INTO documents (key, source, updated_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET source = excluded.source, updated_at = excluded.updated_at',
        args: [keyOf(source), JSON.stringify(source), updatedAt],
      })),
      ...remove.map((key) => ({ sql: 'DELETE FROM documents WHERE key = ?', args: [key] })),
      {
        sql: `UPDATE settings SET value = CAST(CAST(value AS INTEGER) + ? AS TEXT) WHERE name = 'config_version'`,
        args: [bumps ? 1 : 0],
      },
      READ_CONFIG_VERSION,
    ];
    const results = await this.#client.batch(statements, 'write');
    return versionIn(results.at(-1)?.rows ?? []);
  }

  async configVersion(): Promise<number> {
    return versionIn((await this.#client.execute(READ_CONFIG_VERSION)).rows);
  }

  appendJournal(entries: readonly JournalEntry[], deliveries: readonly Delivery[] = []): Promise<void> {
    return this.#journal.append(entries, deliveries);
  }

  readJournal(experimentId: string): Promise<readonly JournalEntry[]> {
    return this.#journal.read(experimentId);
  }

  journals(): Promise<readonly string[]> {
    return this.#journal.list();
  }

  verifyJournal(experimentId: string): Promise<ChainReport> {
    return this.#journal.verify(experimentId);
  }

  waitingDeliveries(): Promise<readonly Delivery[]> {
    return this.#deliveries.waiting();
  }

  deliveriesOf(experimentId: string): Promise<readonly Delivery[]> {
    return this.#deliveries.of(experimentId);
  }

  saveDelivery(delivery: Delivery): Promise<void> {
    return this.#deliveries.save(delivery);
  }

  async overlays(): Promise<readonly Overlay[]> {
    const { rows } = await this.#client.execute('SELECT overlay FROM overlays ORDER BY experiment_id');
    return rows.map((row) => JSON.parse(textOf(row, 'overlay')) as Overlay);
  }

  async setOverlay(overlay: Overlay): Promise<void> {
    await this.#client.execute({
      sql: 'INSERT INTO overlays (experiment_id, overlay) VALUES (?, ?) ON CONFLICT (experiment_id) DO UPDATE SET overlay = excluded.overlay',
      args: [overlay.experimentId, JSON.stringify(overlay)],
    });
  }

  async dropOverlay(experimentId: string): Promise<void> {
    await this.#client.execute({ sql: 'DELETE FROM overlays WHERE experiment_id = ?', args: [experimentId] });
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }
}

/** The schema, as steps that are applied once, in order. Plain SQL that SQLite and PostgreSQL both understand. */
import type { Client, InStatement } from '@libsql/client';
import { chainOldJournals } from './chain-old-journals.ts';

/** `fill`: what must be made of the rows that are there, when the statements are applied. In one transaction with them. */
export type Migration = {
  readonly statements: readonly string[];
  readonly fill?: (client: Client) => Promise<readonly InStatement[]>;
};

export const MIGRATIONS: readonly Migration[] = [
  {
    statements: [
      `CREATE TABLE documents (key TEXT PRIMARY KEY, source TEXT NOT NULL, updated_at TEXT NOT NULL)`,
      `CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
      `CREATE TABLE journal (
       experiment_id TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, type TEXT NOT NULL,
       message TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (experiment_id, seq))`,
      `CREATE TABLE overlays (experiment_id TEXT PRIMARY KEY, overlay TEXT NOT NULL)`,
      `INSERT INTO settings (name, value) VALUES ('config_version', '0')`,
    ],
  },
  {
    // The chain of the journal, and its end noted apart: entries that are taken from the end are missed too.
    statements: [
      `ALTER TABLE journal ADD COLUMN previous TEXT`,
      `ALTER TABLE journal ADD COLUMN hash TEXT`,
      `ALTER TABLE journal ADD COLUMN state_hash TEXT`,
      `CREATE TABLE journal_heads (
       experiment_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL, chained_from INTEGER NOT NULL)`,
    ],
    fill: chainOldJournals,
  },
  {
    // The outbox of notifications.
    statements: [
      `CREATE TABLE deliveries (
       notification TEXT NOT NULL, experiment_id TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
       attempts INTEGER NOT NULL, says TEXT NOT NULL, payload TEXT NOT NULL, made_at TEXT NOT NULL, updated_at TEXT NOT NULL,
       PRIMARY KEY (notification, experiment_id, seq))`,
      `CREATE INDEX deliveries_by_state ON deliveries (state)`,
      `CREATE INDEX deliveries_by_experiment ON deliveries (experiment_id)`,
    ],
  },
];

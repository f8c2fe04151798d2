/** The schema, as steps that are applied once, in order. Plain SQL that SQLite and PostgreSQL both understand. */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE documents (key TEXT PRIMARY KEY, source TEXT NOT NULL, updated_at TEXT NOT NULL)`,
    `CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
    `CREATE TABLE journal (
       experiment_id TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, type TEXT NOT NULL,
       message TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (experiment_id, seq))`,
    `CREATE TABLE overlays (experiment_id TEXT PRIMARY KEY, overlay TEXT NOT NULL)`,
    `INSERT INTO settings (name, value) VALUES ('config_version', '0')`,
  ],
];

/** Entries of the journal, as rows of the store and back. */
import type { InStatement, Row } from '@libsql/client';
import type { EntryChain, JournalEntry } from '../../contracts/experiment.ts';

/** @throws when the column does not hold text: the file is not ours */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds ${typeof value}, not text`);
  return value;
}

/** Without its chain. Data that are not JSON any more stand under `unreadable`: no hash fits them. */
export function entryOf(row: Row, experimentId: string): JournalEntry {
  return {
    experimentId,
    seq: Number(row['seq']),
    at: textOf(row, 'at'),
    type: textOf(row, 'type'),
    message: textOf(row, 'message'),
    data: dataOf(textOf(row, 'data')),
  };
}

function dataOf(text: string): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : { unreadable: text };
  } catch (error) {
    if (error instanceof SyntaxError) return { unreadable: text };
    throw error;
  }
}

/** An entry whose hash was taken away has no chain, and is found by that. */
export function chainedEntryOf(row: Row, experimentId: string): JournalEntry {
  const entry = entryOf(row, experimentId);
  const { previous, hash, state_hash: state } = row;
  if (typeof previous !== 'string' || typeof hash !== 'string') return entry;
  return { ...entry, chain: { previous, hash, state: typeof state === 'string' ? state : null } };
}

export function insertOf(entry: JournalEntry, { previous, hash, state }: EntryChain): InStatement {
  const { experimentId, seq, at, type, message, data } = entry;
  return {
    sql: `INSERT INTO journal (experiment_id, seq, at, type, message, data, previous, hash, state_hash)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    args: [experimentId, seq, at, type, message, JSON.stringify(data), previous, hash, state],
  };
}

/** Chains the journals that were written before entries carried hashes, in one step of the migration. */
import type { Client, InStatement } from '@libsql/client';
import type { EntryChain } from '../../contracts/experiment.ts';
import { chainOf, GENESIS } from '../../experiments/journal-chain.ts';
import { entryOf, textOf } from './journal-rows.ts';

const SET = 'UPDATE journal SET previous = ?, hash = ?, state_hash = ? WHERE experiment_id = ? AND seq = ?';

/** @returns the statements that do it; what was changed before them cannot be told any more, and the heads say so */
export async function chainOldJournals(client: Client): Promise<InStatement[]> {
  const { rows } = await client.execute(
    'SELECT experiment_id, seq, at, type, message, data FROM journal ORDER BY experiment_id, seq',
  );
  const heads = new Map<string, { readonly seq: number; readonly chain: EntryChain }>();
  const statements: InStatement[] = [];
  for (const row of rows) {
    const id = textOf(row, 'experiment_id');
    const entry = entryOf(row, id);
    const chain = chainOf(entry, heads.get(id)?.chain.hash ?? GENESIS);
    heads.set(id, { seq: entry.seq, chain });
    statements.push({ sql: SET, args: [chain.previous, chain.hash, chain.state, id, entry.seq] });
  }
  for (const [id, { seq, chain }] of heads) {
    statements.push({
      sql: 'INSERT INTO journal_heads (experiment_id, seq, hash, chained_from) VALUES (?, ?, ?, ?)',
      args: [id, seq, chain.hash, seq + 1],
    });
  }
  return statements;
}

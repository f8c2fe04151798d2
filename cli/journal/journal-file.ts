/** A journal that was exported to a file: what `get journal NAME -o json` printed, or the answer of the API. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { JournalEntry } from '../../contracts/experiment.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { UsageError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

const Exported = z.union([
  z.array(JournalEntry),
  z.object({ entries: z.array(JournalEntry) }).transform((o) => o.entries),
]);

/** @throws UsageError when there is no such file; MeshproofError JOURNAL_DAMAGED when it is not a journal */
export async function readJournalFile(terminal: Terminal, path: string): Promise<readonly JournalEntry[]> {
  const text = await readFile(resolve(terminal.cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${path} cannot be read (${error.code ?? error.message})`,
      'meshproof get journal NAME -o json > FILE',
    );
  });
  const parsed = Exported.safeParse(parse(path, text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new MeshproofError('JOURNAL_DAMAGED', `${path} does not hold a journal${where === '' ? '' : ` (${where})`}`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MeshproofError('JOURNAL_DAMAGED', `${path} is not JSON`, { cause: error });
  }
}

/** The end of a run whose journal cannot be read: its overlay is dropped, and that is said. */
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../contracts/experiment.ts';
import { declarationOf } from './journal.ts';
import type { Ports } from './ports.ts';
import { storyOf } from './stories.ts';
import { damagedView } from './view.ts';

/**
 * Drops the overlay, and closes the journal with an entry `damaged` unless one stands there already. The stable version
 * is left as it is: whether it was moved cannot be known. Never throws: one damaged run must not keep the others
 * from being taken up.
 */
export async function endDamaged(ports: Ports, id: string, cause: unknown): Promise<ExperimentView> {
  const now = ports.wallClock().toISOString();
  const entries = await ports.journal.read(id).catch(() => []);
  const said = entries.findLast((entry) => entry.type === 'damaged');
  const dropped = await ports.overlays.drop(id).then(
    () => 'the overlay was dropped',
    (error: unknown) => `the overlay could not be dropped (${text(error)}) and ends with its lease`,
  );
  const reason = said?.message ?? `JOURNAL_DAMAGED: ${text(cause)}; ${dropped}, stable was left as it is`;
  if (!said) await close(ports, id, entries, now, reason);
  return damagedView(id, declared(id, entries), reason, {
    startedAt: entries[0]?.at ?? now,
    endedAt: said?.at ?? now,
  });
}

async function close(
  ports: Ports,
  id: string,
  entries: readonly JournalEntry[],
  at: string,
  message: string,
): Promise<void> {
  const seq = 1 + entries.reduce((last, entry) => Math.max(last, entry.seq), -1);
  const entry: JournalEntry = {
    experimentId: id,
    seq,
    at,
    type: 'damaged',
    message,
    data: { code: 'JOURNAL_DAMAGED' },
  };
  await ports.journal.append([entry]).then(
    () => ports.onJournal(entry),
    () => undefined, // said again at the next start
  );
}

function declared(id: string, entries: readonly JournalEntry[]): Parameters<typeof damagedView>[1] {
  try {
    const { document, source } = declarationOf(entries.find((entry) => entry.seq === 0));
    return storyOf({ id, document, source });
  } catch (error) {
    if (error instanceof MeshproofError) return undefined;
    throw error;
  }
}

function text(error: unknown): string {
  if (error instanceof MeshproofError) return error.detail;
  return error instanceof Error ? error.message : String(error);
}

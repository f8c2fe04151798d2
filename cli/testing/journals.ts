/** Journals of experiments that were driven through virtual time, as an export has them. */
import type { ExperimentKind } from '../../contracts/document.ts';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { chainOf, GENESIS } from '../../experiments/journal-chain.ts';
import { forPeople } from '../../experiments/journal-types.ts';
import type { Traffic } from '../../experiments/testing/drive.ts';
import { Drive, ID, traffic } from '../../experiments/testing/drive.ts';

/** As the store does it, and the API after it. */
export function chained(entries: readonly JournalEntry[]): JournalEntry[] {
  let previous = GENESIS;
  return entries.map((entry) => {
    const chain = chainOf(entry, previous);
    previous = chain.hash;
    return { ...forPeople(entry), chain };
  });
}

export async function drivenJournal(
  load: Traffic = traffic(),
  spec: Record<string, unknown> = {},
  kind: ExperimentKind = 'Canary',
): Promise<JournalEntry[]> {
  const drive = new Drive(load);
  await drive.start(spec, kind);
  await drive.until(() => drive.ended);
  return chained(drive.world.entries(ID));
}

export const BAD = traffic({ v2: { errorRate: 0.05 } });

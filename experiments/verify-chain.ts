/** Says where the chain of a journal breaks, and how: an entry changed, removed, inserted or moved. Pure. */
import type { ChainReport, ChainBreak, JournalEntry } from '../contracts/experiment.ts';
import { canonicalJson, GENESIS, hashOf, sha256 } from './journal-chain.ts';
import { STATE_KEY } from './journal-types.ts';

/** Where the journal's end is known from elsewhere. */
export type Head = { readonly seq: number; readonly hash: string };

export type VerifyOptions = {
  /** The last entry as it was noted apart: without it, entries taken from the end are not missed. */
  readonly head?: Head | undefined;
  /** The states are there, and are checked: not so in a journal that was exported for people. */
  readonly states?: boolean;
  /** Entries before this one were chained by an upgrade, not when they were written. */
  readonly chainedFrom?: number;
};

/** More than this says no more. */
const MOST_BREAKS = 20;

/** @param entries - of one journal, in the order in which it gives them */
export function verifyChain(entries: readonly JournalEntry[], options: VerifyOptions = {}): ChainReport {
  const breaks: ChainBreak[] = [];
  entries.forEach((entry, i) => {
    if (breaks.length < MOST_BREAKS) breaks.push(...breaksAt(entries, entry, i, options.states ?? false));
  });
  const last = entries.at(-1);
  const { head } = options;
  if (head && (last?.seq ?? -1) < head.seq)
    breaks.push({ seq: (last?.seq ?? -1) + 1, kind: 'removed', message: endMissing(last?.seq ?? -1, head.seq) });
  else if (head && breaks.length === 0 && last?.chain?.hash !== head.hash)
    breaks.push({
      seq: head.seq,
      kind: 'changed',
      message: `entry ${head.seq} is not the one that was noted as the last`,
    });
  return {
    experimentId: entries[0]?.experimentId ?? '',
    entries: entries.length,
    intact: breaks.length === 0 && entries.length > 0,
    head: last?.chain?.hash ?? null,
    chainedFrom: options.chainedFrom ?? 0,
    breaks,
  };
}

function endMissing(last: number, head: number): string {
  return last + 1 === head
    ? `entry ${head}, the last one, was removed`
    : `entries ${last + 1} to ${head}, the last ones, were removed`;
}

function breaksAt(entries: readonly JournalEntry[], entry: JournalEntry, i: number, states: boolean): ChainBreak[] {
  const before = entries[i - 1];
  const expectedSeq = (before?.seq ?? -1) + 1;
  const missing: ChainBreak[] =
    entry.seq > expectedSeq
      ? [{ seq: expectedSeq, kind: 'removed', message: `${gap(expectedSeq, entry.seq - 1)} missing` }]
      : [];
  const { chain } = entry;
  const wrong = (kind: ChainBreak['kind'], message: string): ChainBreak[] => [
    ...missing,
    { seq: entry.seq, kind, message },
  ];
  if (entry.seq < expectedSeq) return wrong('moved', `entry ${entry.seq} stands after entry ${before?.seq ?? 0}`);
  if (entry.experimentId !== entries[0]?.experimentId)
    return wrong('inserted', `entry ${entry.seq} is of another journal, ${entry.experimentId}`);
  if (!chain) return wrong('changed', `entry ${entry.seq} has no hash`);
  const inserted = `entry ${entry.seq} was inserted: the next one does not follow it`;
  if (hashOf(entry, chain.previous, chain.state) !== chain.hash) {
    const from = placeOf(entry, entries.length);
    if (from === undefined)
      return isForeign(entries, i)
        ? wrong('inserted', inserted)
        : wrong('changed', `entry ${entry.seq} was changed after it was written`);
    return entries.some((other) => other.seq === from && other.chain?.hash === chain.hash)
      ? wrong('inserted', `entry ${entry.seq} is a copy of entry ${from}`)
      : wrong('moved', `entry ${entry.seq} was written as entry ${from}`);
  }
  if (isForeign(entries, i)) return wrong('inserted', inserted);
  if (states && chain.state !== stateHash(entry))
    return wrong('changed', `the state in entry ${entry.seq} was changed`);
  const follows =
    missing.length > 0 || chain.previous === (before?.chain?.hash ?? GENESIS) || isForeign(entries, i - 1);
  return follows
    ? missing
    : wrong('removed', `entry ${entry.seq} does not follow the entry before it: one was removed or replaced`);
}

function gap(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
}

function stateHash({ data }: JournalEntry): string | null {
  return STATE_KEY in data ? sha256(canonicalJson(data[STATE_KEY])) : null;
}

/** Whether the next entry, which is whole, follows the one before this as if this were not there. */
function isForeign(entries: readonly JournalEntry[], i: number): boolean {
  const [before, entry, after] = [entries[i - 1], entries[i], entries[i + 1]];
  const hashBefore = i === 0 ? GENESIS : before?.chain?.hash;
  if (!entry || !after || after.chain?.previous !== hashBefore) return false;
  if (entry.chain?.hash === hashBefore) return placeOf(entry, entries.length) === undefined;
  return placeOf(after, entries.length) !== undefined;
}

/** The number under which the entry's hash holds; undefined when none does. */
function placeOf(entry: JournalEntry, length: number): number | undefined {
  const { chain } = entry;
  if (!chain) return undefined;
  for (let seq = 0; seq <= length; seq++)
    if (hashOf({ ...entry, seq }, chain.previous, chain.state) === chain.hash) return seq;
  return undefined;
}

/**
 * The chain of a journal: each entry carries a hash of itself and of the entry before it, so that whoever changes,
 * removes, inserts or moves one afterwards is found. Pure. The state of an entry goes in by its own hash: a journal that
 * was exported without the states can be checked as well.
 */
import { createHash } from 'node:crypto';
import type { EntryChain, JournalEntry } from '../contracts/experiment.ts';
import { STATE_KEY } from './journal-types.ts';

/** What entry 0 names as the hash before it. */
export const GENESIS = '0'.repeat(64);

/** JSON with sorted keys and without white space (RFC 8785 for what JSON.parse gives). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** @param entry - as it is read back: its data is plain JSON. @returns the entry's chain after `previous` */
export function chainOf(entry: JournalEntry, previous: string): EntryChain {
  const stored: unknown = entry.data[STATE_KEY];
  const state = STATE_KEY in entry.data ? sha256(canonicalJson(stored)) : null;
  return { previous, state, hash: hashOf(entry, previous, state) };
}

/** The hash that the entry should have, with the state's hash that it names. */
export function hashOf(entry: JournalEntry, previous: string, state: string | null): string {
  const { experimentId, seq, at, type, message } = entry;
  const { [STATE_KEY]: _, ...data } = entry.data;
  return sha256(canonicalJson({ previous, experimentId, seq, at, type, message, data, state }));
}

/** Rounds of: draw a stream, cut it, read it twice, compare. */
import { mix, Random } from '../../proxy/random.ts';
import { readNaively } from './naive-request.ts';
import { RequestGrammar } from './request-grammar.ts';
import { disagreement, readAsProxy } from './request-reading.ts';

export type FuzzTally = { streams: number; requests: number; broken: number; longestMs: number };

/**
 * One round. @param seed - names the round; the same seed repeats it
 * @throws Error with the stream and its seed when the two readings differ, or ours throws
 */
export function fuzzOnce(seed: number, tally: FuzzTally, nowMs: () => number): void {
  const grammar = new RequestGrammar(new Random(mix(seed)));
  const text = grammar.stream();
  const parts = grammar.cut(text);
  const naive = readNaively(text);
  const startMs = nowMs();
  const ours = readAsProxy(parts);
  tally.longestMs = Math.max(tally.longestMs, nowMs() - startMs);
  tally.streams++;
  tally.requests += ours.requests.length;
  if (naive.end === 'broken') tally.broken++;
  const difference = disagreement(naive, ours);
  if (difference !== undefined) {
    throw new Error(`seed ${seed}: ${difference}\n  stream: ${JSON.stringify(text)}\n  naive end: ${naive.end}`);
  }
}

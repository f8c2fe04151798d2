/** `npm run fuzz -- [--minutes 10] [--seed N]`: the codec against the naive reader, until the time is over or they differ. */
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fuzzOnce } from './request-fuzz.ts';
import type { FuzzTally } from './request-fuzz.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const endMs = performance.now() + Number(values.minutes) * 60_000;
const tally: FuzzTally = { streams: 0, requests: 0, broken: 0, longestMs: 0 };
const firstSeed = Number(values.seed ?? Date.now() % 2 ** 32);
process.stdout.write(`seed ${firstSeed}, ${values.minutes} minutes\n`);
try {
  for (let seed = firstSeed; performance.now() < endMs; seed++) {
    fuzzOnce(seed % 2 ** 32, tally, () => performance.now());
    // Closed sockets are let go of when the event loop turns.
    if (seed % 1_000 === 0) await setImmediate();
  }
} catch (error) {
  process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
const { streams, requests, broken, longestMs } = tally;
process.stdout.write(
  `${streams} streams, ${requests} requests accepted, ${broken} streams refused, longest ${longestMs.toFixed(1)} ms\n`,
);

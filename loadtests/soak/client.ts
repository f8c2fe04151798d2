/** As a program: client PORT PER_SECOND CONNECTIONS SECONDS; prints its books, one line of JSON. */
import { Worker } from 'node:worker_threads';
import type { Due, Pace } from '../bench/pacer-worker.ts';
import { SteadyClient } from './steady-client.ts';

/** A request that is still under way so long after the last one was sent is lost. */
const LAST_ANSWERS_MS = 15_000;
/** Between the pacer's looks at the clock; what is due meanwhile comes at once. */
const TICK_MS = 1;

const [port = 0, perSecond = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number);
const client = new SteadyClient(port, connections);
const pace: Pace = { perSecond, tickMs: Math.max(TICK_MS, 500 / perSecond) };
const pacer = new Worker(new URL('../bench/pacer-worker.js', import.meta.url), { workerData: pace });
pacer.on('message', ({ count, atMs }: Due) => {
  for (let i = 0; i < count; i++) client.send(atMs + (i * 1_000) / perSecond);
});
await new Promise((over) => setTimeout(over, seconds * 1_000));
await pacer.terminate();
process.stdout.write(`${JSON.stringify(await client.end(LAST_ANSWERS_MS))}\n`);

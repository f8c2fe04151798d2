/** Sleeps to within some tens of microseconds, which an event loop's timers cannot, and posts how many requests are due. */
import { parentPort, workerData } from 'node:worker_threads';

export type Pace = { readonly perSecond: number; readonly tickMs: number };
/** @param atMs - when the first of them was due, on the clock of performance.timeOrigin + performance.now() */
export type Due = { readonly count: number; readonly atMs: number };

const { perSecond, tickMs } = workerData as Pace;
const cell = new Int32Array(new SharedArrayBuffer(4));
const startMs = performance.now();
let posted = 0;
for (let tick = 1; ; tick++) {
  const waitMs = startMs + tick * tickMs - performance.now();
  if (waitMs > 0) Atomics.wait(cell, 0, 0, waitMs);
  const count = Math.floor(((performance.now() - startMs) * perSecond) / 1_000) - posted;
  if (count <= 0) continue;
  const due: Due = { count, atMs: performance.timeOrigin + startMs + (posted * 1_000) / perSecond };
  parentPort?.postMessage(due);
  posted += count;
}

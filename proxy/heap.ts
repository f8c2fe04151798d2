/**
 * How V8 treats the heap of a proxy, whose configuration is small and whose garbage is short-lived. Called before other
 * modules are loaded, so that it imports none of ours.
 */
import { setFlagsFromString } from 'node:v8';

/** V8's own default is 8 seconds. */
const REDUCE_AFTER_MS = 600_000;

export function keepHeapSmall(): void {
  // Garbage is collected before the heap is grown, and the young generation stays as it is.
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
  // A heap kept small is also compacted again and again, whatever the load, and every request then waits 5 to 10 ms.
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${REDUCE_AFTER_MS}`);
}

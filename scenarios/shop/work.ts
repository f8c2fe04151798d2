/** Work that takes time but no CPU: a wait drawn from a lognormal distribution, as the latencies of real services are. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Uniform in [0, 1). */
export type Random = () => number;

export type Work = { readonly medianMs: number; /** Standard deviation of the logarithm. */ readonly sigma: number };

/** @returns milliseconds, > 0 */
export function drawMs(work: Work, random: Random): number {
  // Box-Muller; 1 - random() is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return work.medianMs * Math.exp(work.sigma * normal);
}

export async function doWork(work: Work, random: Random): Promise<void> {
  await sleep(drawMs(work, random));
}

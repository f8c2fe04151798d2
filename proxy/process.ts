/** The clock and the randomness of a process that serves; tests hold their own. */
import { randomInt } from 'node:crypto';
import type { Clock } from './dataplane-api.ts';

export const clock: Clock = { nowMs: () => performance.now() };

/** Uniform in 0 … 1, for jitter. */
export const share = (): number => randomInt(1_001) / 1_000;

/** Delay: the request waits before it goes on. Drawn from the request's own hash: a replay waits exactly as long. */
import type { FaultDelay } from '../../contracts/fault-delay.ts';
import { mix } from '../random.ts';
import type { FaultKind } from './kind.ts';

export const delay: FaultKind = ({ delay: spec }) =>
  spec && { type: 'delay', delayMs: (hash) => Math.min(spec.max, Math.max(0, drawMs(spec, hash))) };

/** Uniform in (0, 1), never an end: the logarithms below stay finite. */
function uniform(hash: number, salt: number): number {
  return (mix((hash ^ salt) >>> 0) + 0.5) / 0x1_0000_0000;
}

/**
 * Inverse transforms (Devroye, Non-Uniform Random Variate Generation, 1986, II.2); the normal by Box and Muller (1958).
 * @returns milliseconds, unbounded
 */
function drawMs(spec: FaultDelay, hash: number): number {
  if (spec.fixed !== undefined) return spec.fixed;
  const u = uniform(hash, 0x51ed_270b);
  if (spec.exponential) return -spec.exponential.mean * Math.log(u);
  if (spec.pareto) return spec.pareto.min * u ** (-1 / spec.pareto.shape);
  if (!spec.normal) return 0;
  const z = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * uniform(hash, 0x2545_f491));
  return spec.normal.mean + z * spec.normal.stddev;
}

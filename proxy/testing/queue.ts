/** A service with so many hands and an endless queue, in virtual time: what load shedding is tried on. */
import { Random } from '../random.ts';

export type QueueRun = { readonly acceptedMs: readonly number[]; readonly shed: number };

export type QueueOptions = {
  readonly hands: number;
  /** Mean of an exponential service time; it may change with time. */
  readonly serviceMs: (nowMs: number) => number;
  /** Offered requests per second, Poisson. */
  readonly perSecond: (nowMs: number) => number;
  readonly forMs: number;
  readonly seed: number;
};

/** What stands before the service. @param inFlight - the new request included */
export type Door = {
  readonly admits: (inFlight: number, nowMs: number) => boolean;
  readonly answered: (startMs: number, nowMs: number) => void;
};

export function runQueue(options: QueueOptions, door: Door): QueueRun {
  const random = new Random(options.seed);
  const exponential = (mean: number): number => -Math.log(1 - random.uint32() / 0x1_0000_0000) * mean;
  const gapMs = (nowMs: number): number => exponential(1_000 / options.perSecond(nowMs));
  /** When each hand is free again, and the answers under way as [end, start], the first to end first. */
  const free = new Array<number>(options.hands).fill(0);
  const underWay: [number, number][] = [];
  const acceptedMs: number[] = [];
  let shed = 0;
  for (let nowMs = 0; nowMs < options.forMs; nowMs += gapMs(nowMs)) {
    while (underWay[0] !== undefined && underWay[0][0] <= nowMs) answer();
    if (!door.admits(underWay.length + 1, nowMs)) {
      shed++;
      continue;
    }
    const hand = free.indexOf(Math.min(...free));
    const endMs = Math.max(nowMs, free[hand] ?? 0) + exponential(options.serviceMs(nowMs));
    free[hand] = endMs;
    const at = underWay.findLastIndex(([end]) => end <= endMs);
    underWay.splice(at + 1, 0, [endMs, nowMs]);
  }
  while (underWay.length > 0) answer();
  return { acceptedMs, shed };

  function answer(): void {
    const [endMs, startMs] = underWay.shift() ?? [0, 0];
    acceptedMs.push(endMs - startMs);
    door.answered(startMs, endMs);
  }
}

export function quantileOf(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

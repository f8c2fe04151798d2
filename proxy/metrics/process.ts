/** The state of the process that carries traffic: measured in its main thread, written out in the admin thread. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';
import { family } from './catalog.ts';
import type { Family } from './exposition.ts';

export type ProcessSample = {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly startTimeSeconds: number;
  readonly lagP99Seconds: number;
  readonly lagMaxSeconds: number;
};

/** The histogram of the event loop records how long its timer slept, not how late it was: the interval is taken off. */
const INTERVAL_MS = 20;

/** Measures the thread it is made in. Its timer is the resource: close it. */
export class ProcessMeter {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: INTERVAL_MS });

  constructor() {
    this.#delay.enable();
  }

  /** The state now; the lag is that since the last call. */
  sample(): ProcessSample {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const seen = this.#delay.count > 0;
    const lagP99Seconds = seen ? lagSeconds(this.#delay.percentile(99)) : 0;
    const lagMaxSeconds = seen ? lagSeconds(this.#delay.max) : 0;
    this.#delay.reset();
    return {
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      residentBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      startTimeSeconds: performance.timeOrigin / 1_000,
      lagP99Seconds,
      lagMaxSeconds,
    };
  }

  close(): void {
    this.#delay.disable();
  }
}

function lagSeconds(sleptNs: number): number {
  return Math.max(0, sleptNs / 1e9 - INTERVAL_MS / 1_000);
}

export function processFamilies(sample: ProcessSample): Family[] {
  const one = (value: number): { labels: Record<string, never>; value: number }[] => [{ labels: {}, value }];
  return [
    family('process_cpu_seconds_total', one(sample.cpuSeconds)),
    family('process_resident_memory_bytes', one(sample.residentBytes)),
    family('process_start_time_seconds', one(sample.startTimeSeconds)),
    family('nodejs_heap_size_used_bytes', one(sample.heapUsedBytes)),
    family('nodejs_eventloop_lag_p99_seconds', one(sample.lagP99Seconds)),
    family('nodejs_eventloop_lag_max_seconds', one(sample.lagMaxSeconds)),
  ];
}

/**
 * A limit of requests in flight that is found from their latency, after Envoy's adaptive concurrency filter. What differs:
 * while it measures the latency without a queue it lets a third of the limit pass, not 3 requests, so that a healthy
 * service loses little; and a limit that is not used does not grow.
 */
import { LatencyWindow } from './latency-window.ts';
import { byGradient, byTarget, MIN_LIMIT } from './next-limit.ts';

/** Before anything is known (Netflix's initial limit). */
const INITIAL_LIMIT = 20;
/** Envoy's: concurrency_update_interval, min_rtt interval, request_count and jitter. */
const WINDOW_MS = 100;
const PROBE_EVERY_MS = 60_000;
const PROBE_SAMPLES = 50;
const PROBE_JITTER = 0.15;
/** A window goes on until so many answers came: fewer say nothing. */
const WINDOW_SAMPLES = 5;
/** A probe without enough answers is given up; what was known before stays. */
const PROBE_MS = 5_000;
const PROBE_SHARE = 1 / 3;

export type AdaptiveOptions = {
  readonly maxLimit: number;
  /** undefined: the latency without a queue is measured, and kept to. */
  readonly targetMs: number | undefined;
  /** 0 … 1, so that proxies do not measure all at once. */
  readonly random: () => number;
};

export class AdaptiveLimit {
  readonly #options: AdaptiveOptions;
  readonly #window = new LatencyWindow();
  readonly #probe = new LatencyWindow();
  #limit: number;
  #windowEndMs: number;
  #peakInFlight = 0;
  #unqueuedMs: number | undefined;
  #probing: boolean;
  #probeEndMs: number;
  /** While probing: answers to requests that came before this waited in the queue of the time before. */
  #probeFromMs: number | undefined;
  #nextProbeMs: number;

  constructor(options: AdaptiveOptions, nowMs: number) {
    this.#options = options;
    this.#limit = Math.min(INITIAL_LIMIT, options.maxLimit);
    this.#windowEndMs = nowMs + WINDOW_MS;
    this.#probing = options.targetMs === undefined;
    this.#probeFromMs = nowMs;
    this.#probeEndMs = Infinity;
    this.#nextProbeMs = Infinity;
  }

  /** In force now: lower while it measures. */
  get limit(): number {
    const isPinned = this.#probing && this.#unqueuedMs !== undefined;
    return Math.floor(isPinned ? Math.max(Math.min(MIN_LIMIT, this.#limit), this.#limit * PROBE_SHARE) : this.#limit);
  }

  /** @param inFlight - this request included */
  admits(inFlight: number, nowMs: number): boolean {
    if (nowMs >= this.#nextProbeMs) this.#beginProbe(nowMs);
    const isAdmitted = inFlight <= this.limit;
    const counted = isAdmitted ? inFlight : inFlight - 1;
    if (counted > this.#peakInFlight) this.#peakInFlight = counted;
    if (isAdmitted && this.#probing) this.#probeFromMs ??= nowMs;
    return isAdmitted;
  }

  /** An answer has begun, or will never come. @param startMs - when its request was admitted */
  sample(startMs: number, nowMs: number): void {
    if (this.#probing) this.#sampleProbe(startMs, nowMs);
    else {
      this.#window.add(nowMs - startMs);
      if (nowMs >= this.#windowEndMs && this.#window.count >= WINDOW_SAMPLES) this.#closeWindow(nowMs);
    }
  }

  #closeWindow(nowMs: number): void {
    const { targetMs, maxLimit } = this.#options;
    const peakInFlight = this.#peakInFlight;
    if (targetMs !== undefined) {
      this.#limit = byTarget(this.#limit, targetMs, { latencyMs: this.#window.quantile(0.9), peakInFlight }, maxLimit);
    } else if (this.#unqueuedMs !== undefined) {
      const seen = { latencyMs: this.#window.quantile(0.5), peakInFlight };
      this.#limit = byGradient(this.#limit, this.#unqueuedMs, seen, maxLimit);
    }
    this.#beginWindow(nowMs);
  }

  #beginWindow(nowMs: number): void {
    this.#window.clear();
    this.#peakInFlight = 0;
    this.#windowEndMs = nowMs + WINDOW_MS;
  }

  #beginProbe(nowMs: number): void {
    this.#probing = true;
    this.#probe.clear();
    this.#probeFromMs = undefined;
    this.#probeEndMs = nowMs + PROBE_MS;
    this.#nextProbeMs = Infinity;
  }

  #sampleProbe(startMs: number, nowMs: number): void {
    if (this.#probeFromMs !== undefined && startMs >= this.#probeFromMs) this.#probe.add(nowMs - startMs);
    const isMeasured = this.#probe.count >= PROBE_SAMPLES;
    if (!isMeasured && nowMs < this.#probeEndMs) return;
    if (isMeasured) this.#unqueuedMs = this.#probe.quantile(0.5);
    this.#probing = false;
    this.#nextProbeMs = nowMs + PROBE_EVERY_MS * (1 + PROBE_JITTER * this.#options.random());
    this.#beginWindow(nowMs);
  }
}

/**
 * Counters that the hot path writes: typed arrays, one addition per event. Deltas since the last report; totals are
 * kept beside them and made when someone asks.
 */
import { BUCKET_COUNT, bucketOf, toSparse } from '../../contracts/histogram.ts';
import type { CountedArm } from '../../contracts/overlay.ts';
import type { ArmRow, TrafficRow } from '../../contracts/telemetry.ts';
import type { Messages } from '../grpc/message-counter.ts';
import { BodySizes } from './body-sizes.ts';
import type { SizeTotals } from './body-sizes.ts';
import type { OriginCounters } from './origin-counters.ts';
import { OutcomeDetails } from './outcome-details.ts';
import type { OutcomeDetail } from './outcome-details.ts';

/** Status codes 0 (broke before an answer) … 599. */
const CODES = 600;

class LatencyDelta {
  readonly buckets = new Uint32Array(BUCKET_COUNT);
  sumUs = 0;

  record(us: number): void {
    const bucket = bucketOf(us);
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.sumUs += us;
  }

  clear(): void {
    this.buckets.fill(0);
    this.sumUs = 0;
  }
}

/** What a proxy says of its traffic in Istio's words (request_protocol, connection_security_policy). */
export type TrafficKind = {
  readonly protocol: 'http' | 'grpc';
  readonly security: 'mutual_tls' | 'none' | 'unknown';
};

/** What users saw of one (service, version, route). */
export class TrafficCounters {
  readonly service: string;
  readonly version: string;
  readonly route: string;
  readonly #codes = new Uint32Array(CODES);
  readonly #latency = new LatencyDelta();
  readonly #codeTotals = new Float64Array(CODES);
  readonly #latencyTotals = new Float64Array(BUCKET_COUNT);
  #sumTotalUs = 0;
  #requests = 0;
  #retriesTotal = 0;
  #shieldedTotal = 0;
  readonly #requestSizes = new BodySizes();
  readonly #responseSizes = new BodySizes();
  readonly details = new OutcomeDetails();
  /** Of calls of gRPC: towards the endpoint, and from it; since start. */
  sentMessages = 0;
  receivedMessages = 0;
  /** As the configuration in force has it. */
  kind: TrafficKind = { protocol: 'http', security: 'unknown' };
  retries = 0;
  shielded = 0;
  faults = 0;

  constructor(service: string, version: string, route: string) {
    this.service = service;
    this.version = version;
    this.route = route;
  }

  /** @param status - 0 … 599 @param us - whole microseconds from the request's head to the end of the answer */
  record(status: number, us: number, requestBytes: number, responseBytes: number): void {
    this.#requests++;
    this.#requestSizes.record(requestBytes);
    this.#responseSizes.record(responseBytes);
    this.#codes[status] = (this.#codes[status] ?? 0) + 1;
    this.#latency.record(us);
  }

  /** The counts since the last call, or undefined when nothing happened. */
  take(source: string): TrafficRow | undefined {
    if (this.#requests === 0 && this.retries === 0 && this.shielded === 0 && this.faults === 0) return undefined;
    const codes: Record<string, number> = {};
    for (let status = 0; status < CODES; status++) {
      const count = this.#codes[status] ?? 0;
      if (count > 0) codes[status] = count;
    }
    const row: TrafficRow = {
      source,
      service: this.service,
      version: this.version,
      route: this.route,
      codes,
      retries: this.retries,
      shielded: this.shielded,
      faults: this.faults,
      latencySumUs: this.#latency.sumUs,
      latency: toSparse(this.#latency.buckets),
    };
    this.#fold();
    return row;
  }

  totals(): {
    codes: [number, number][];
    retries: number;
    shielded: number;
    latencySumUs: number;
    latency: Float64Array;
    requestSizes: SizeTotals;
    responseSizes: SizeTotals;
    details: OutcomeDetail[];
    kind: TrafficKind;
    messages: Messages;
  } {
    return {
      messages: { sent: this.sentMessages, received: this.receivedMessages },
      requestSizes: this.#requestSizes.totals(),
      responseSizes: this.#responseSizes.totals(),
      details: this.details.list(),
      kind: this.kind,
      codes: toSparse(addArrays(this.#codeTotals, this.#codes)),
      retries: this.#retriesTotal + this.retries,
      shielded: this.#shieldedTotal + this.shielded,
      latencySumUs: this.#sumTotalUs + this.#latency.sumUs,
      latency: addArrays(this.#latencyTotals, this.#latency.buckets),
    };
  }

  #fold(): void {
    for (let i = 0; i < CODES; i++) this.#codeTotals[i] = (this.#codeTotals[i] ?? 0) + (this.#codes[i] ?? 0);
    for (let i = 0; i < BUCKET_COUNT; i++) {
      this.#latencyTotals[i] = (this.#latencyTotals[i] ?? 0) + (this.#latency.buckets[i] ?? 0);
    }
    this.#sumTotalUs += this.#latency.sumUs;
    this.#retriesTotal += this.retries;
    this.#shieldedTotal += this.shielded;
    this.#codes.fill(0);
    this.#latency.clear();
    this.#requests = this.retries = this.shielded = this.faults = 0;
  }
}

function addArrays(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) + (b[i] ?? 0);
  return out;
}

/** What the judge sees of one arm in one epoch: first attempts only. */
export class ArmCounters {
  readonly experimentId: string;
  readonly epoch: number;
  readonly arm: CountedArm;
  readonly candidatePpm: number;
  readonly #preview: boolean;
  readonly #latency = new LatencyDelta();
  /** First attempts of this arm that have not ended: they will still be counted here. */
  inFlight = 0;
  /** What `inFlight` was when the last row was made. */
  #inFlightBefore = 0;
  requests = 0;
  errors = 0;
  shielded = 0;
  /** Where requests came from and went to, where that is asked for. */
  origins: OriginCounters | undefined;

  constructor(experimentId: string, epoch: number, arm: CountedArm, candidatePpm: number, preview = false) {
    this.experimentId = experimentId;
    this.epoch = epoch;
    this.arm = arm;
    this.candidatePpm = candidatePpm;
    this.#preview = preview;
  }

  record(failed: boolean, us: number): void {
    this.requests++;
    if (failed) this.errors++;
    this.#latency.record(us);
  }

  take(): ArmRow | undefined {
    const isQuiet = this.requests === 0 && this.shielded === 0 && this.inFlight === this.#inFlightBefore;
    return isQuiet ? undefined : this.row();
  }

  /** Also where nothing was counted. */
  protected row(): ArmRow {
    const row: ArmRow = {
      experimentId: this.experimentId,
      epoch: this.epoch,
      arm: this.arm,
      ...(this.#preview ? { preview: true as const } : {}),
      candidatePpm: this.candidatePpm,
      requests: this.requests,
      started: this.requests + this.inFlight - this.#inFlightBefore,
      errors: this.errors,
      shielded: this.shielded,
      latencySumUs: this.#latency.sumUs,
      latency: toSparse(this.#latency.buckets),
      ...(this.origins ? { origins: this.origins.take() } : {}),
    };
    this.#inFlightBefore = this.inFlight;
    this.#latency.clear();
    this.requests = this.errors = this.shielded = 0;
    return row;
  }
}

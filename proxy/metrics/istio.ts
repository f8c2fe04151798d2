/** Istio's standard metrics of requests: istio.io/latest/docs/reference/config/metrics. */
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import { cumulative, SIZE_BOUNDS } from '../telemetry/body-sizes.ts';
import type { SizeTotals } from '../telemetry/body-sizes.ts';
import type { OutcomeDetail } from '../telemetry/outcome-details.ts';
import { NO_FLAG } from '../telemetry/response-flags.ts';
import { family } from './catalog.ts';
import { ENVOY_BUCKETS_MS, toEnvoyBuckets } from './envoy-buckets.ts';
import { histogram } from './exposition.ts';
import type { Family, Labels, Sample } from './exposition.ts';
import { istioLabels } from './istio-labels.ts';
import type { Side } from './istio-labels.ts';

/** What one version of a service got, over all its routes: a route is not one of Istio's labels. */
type Destination = {
  readonly labels: Labels;
  readonly codes: Map<number, number>;
  readonly details: OutcomeDetail[];
  readonly buckets: number[];
  sumUs: number;
  readonly isCalls: boolean;
  sentMessages: number;
  receivedMessages: number;
  readonly requestSizes: Sizes;
  readonly responseSizes: Sizes;
};
type Sizes = { readonly counts: number[]; sum: number };

/** @param inMilliseconds - Istio's histogram of durations too */
export function istioFamilies(snapshot: MetricsSnapshot, inMilliseconds: boolean): Family[] {
  const destinations = [
    ...byDestination(snapshot.traffic, 'source', snapshot),
    ...byDestination(snapshot.inbound, 'destination', snapshot),
  ];
  // Latency and sizes are counted over all codes, so the histograms have no response_code.
  const durations = inMilliseconds
    ? [family('istio_request_duration_milliseconds', destinations.flatMap(milliseconds))]
    : [];
  const calls = destinations.filter(({ isCalls }) => isCalls);
  const messages = (of: (destination: Destination) => number): Sample[] =>
    calls.map((destination) => ({ labels: destination.labels, value: of(destination) }));
  return [
    family('istio_requests_total', destinations.flatMap(requests)),
    ...durations,
    family(
      'istio_request_messages_total',
      messages((d) => d.sentMessages),
    ),
    family(
      'istio_response_messages_total',
      messages((d) => d.receivedMessages),
    ),
    family(
      'istio_request_bytes',
      destinations.flatMap(({ labels, requestSizes }) => sizes(labels, requestSizes)),
    ),
    family(
      'istio_response_bytes',
      destinations.flatMap(({ labels, responseSizes }) => sizes(labels, responseSizes)),
    ),
  ];
}

function byDestination(traffic: readonly TrafficTotal[], side: Side, snapshot: MetricsSnapshot): Destination[] {
  const found = new Map<string, Destination>();
  for (const total of traffic) {
    const key = JSON.stringify([total.service, total.version]);
    const destination =
      found.get(key) ?? emptyDestination(istioLabels(snapshot, side, total.service, total.version), total);
    found.set(key, destination);
    for (const [code, count] of total.codes) {
      destination.codes.set(code, (destination.codes.get(code) ?? 0) + count);
    }
    destination.details.push(...total.details);
    addTo(destination.buckets, toEnvoyBuckets(total.latency));
    destination.sumUs += total.latencySumUs;
    destination.sentMessages += total.messages.sent;
    destination.receivedMessages += total.messages.received;
    addSizes(destination.requestSizes, total.requestSizes);
    addSizes(destination.responseSizes, total.responseSizes);
  }
  return [...found.values()];
}

function emptyDestination(labels: Labels, { kind }: TrafficTotal): Destination {
  return {
    labels: { ...labels, request_protocol: kind.protocol, connection_security_policy: kind.security },
    codes: new Map(),
    details: [],
    buckets: [],
    sumUs: 0,
    isCalls: kind.protocol === 'grpc',
    sentMessages: 0,
    receivedMessages: 0,
    requestSizes: { counts: [], sum: 0 },
    responseSizes: { counts: [], sum: 0 },
  };
}

function addTo(sums: number[], counts: readonly number[]): void {
  counts.forEach((count, i) => {
    sums[i] = (sums[i] ?? 0) + count;
  });
}

function addSizes(sums: Sizes, more: SizeTotals): void {
  addTo(sums.counts, more.counts);
  sums.sum += more.sum;
}

/** Answers of which only the status is known, and those of which more is. */
function requests({ labels, codes, details }: Destination): Sample[] {
  const found = new Map<string, Sample>();
  const add = (status: number, grpc: string, flag: string, count: number): void => {
    const key = `${status} ${grpc} ${flag}`;
    const own = { ...labels, response_code: String(status), grpc_response_status: grpc, response_flags: flag };
    found.set(key, { labels: own, value: (found.get(key)?.value ?? 0) + count });
  };
  const plain = new Map(codes);
  for (const { status, grpcStatus, flag, count } of details) {
    plain.set(status, (plain.get(status) ?? 0) - count);
    add(status, grpcStatus < 0 ? '' : String(grpcStatus), flag, count);
  }
  for (const [status, count] of plain) if (count > 0) add(status, '', NO_FLAG, count);
  return [...found.values()];
}

function milliseconds({ labels, buckets, sumUs }: Destination): Sample[] {
  return histogram(labels, ENVOY_BUCKETS_MS, buckets, sumUs / 1_000);
}

function sizes(labels: Labels, totals: Sizes): Sample[] {
  return histogram(labels, SIZE_BOUNDS, cumulative(totals), totals.sum);
}

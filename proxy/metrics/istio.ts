/** Istio's standard metrics: the labels that a proxy without Kubernetes can fill truthfully, and no others. */
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import { family } from './catalog.ts';
import { ENVOY_BUCKETS_MS, toEnvoyBuckets } from './envoy-buckets.ts';
import { histogram } from './exposition.ts';
import type { Family, Labels, Sample } from './exposition.ts';

/** The version of requests that were answered before one was chosen, and Istio's word for what is not known. */
const NO_VERSION = '-';
const UNKNOWN = 'unknown';

/** What one version of a service got, over all its routes: a route is not one of Istio's labels. */
type Destination = {
  readonly labels: Labels;
  readonly codes: Map<number, number>;
  readonly buckets: number[];
  sumUs: number;
};

/** @param inMilliseconds - Istio's histogram of durations too */
export function istioFamilies(snapshot: MetricsSnapshot, inMilliseconds: boolean): Family[] {
  const destinations = [
    ...byDestination(snapshot.traffic, asSource(snapshot.source)),
    ...byDestination(snapshot.inbound, AS_DESTINATION),
  ];
  // Latency is counted over all codes, so the histogram has no response_code.
  const durations = inMilliseconds
    ? [family('istio_request_duration_milliseconds', destinations.flatMap(milliseconds))]
    : [];
  return [family('istio_requests_total', destinations.flatMap(requests)), ...durations];
}

function asSource(source: string): Labels {
  return { reporter: 'source', source_workload: source, connection_security_policy: 'none' };
}

/** Callers are not told apart, or each would be a series; a permissive port takes both kinds of connections. */
const AS_DESTINATION: Labels = {
  reporter: 'destination',
  source_workload: UNKNOWN,
  connection_security_policy: UNKNOWN,
};

function byDestination(traffic: readonly TrafficTotal[], seen: Labels): Destination[] {
  const found = new Map<string, Destination>();
  for (const total of traffic) {
    const key = JSON.stringify([total.service, total.version]);
    const destination = found.get(key) ?? emptyDestination(seen, total);
    found.set(key, destination);
    for (const [code, count] of total.codes) {
      destination.codes.set(code, (destination.codes.get(code) ?? 0) + count);
    }
    toEnvoyBuckets(total.latency).forEach((count, i) => {
      destination.buckets[i] = (destination.buckets[i] ?? 0) + count;
    });
    destination.sumUs += total.latencySumUs;
  }
  return [...found.values()];
}

function emptyDestination(seen: Labels, { service, version }: TrafficTotal): Destination {
  const labels = {
    ...seen,
    destination_service: service,
    destination_service_name: service,
    destination_workload: version === NO_VERSION ? UNKNOWN : `${service}-${version}`,
    destination_version: version === NO_VERSION ? UNKNOWN : version,
    request_protocol: 'http',
  };
  return { labels, codes: new Map(), buckets: [], sumUs: 0 };
}

function requests({ labels, codes }: Destination): Sample[] {
  return [...codes].map(([code, value]) => ({
    labels: { ...labels, response_code: String(code), response_flags: '-' },
    value,
  }));
}

function milliseconds({ labels, buckets, sumUs }: Destination): Sample[] {
  return histogram(labels, ENVOY_BUCKETS_MS, buckets, sumUs / 1_000);
}

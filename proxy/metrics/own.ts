/** What only we count: routes, retries, the shield, faults, overlays and the proxy's own state. */
import { PPM } from '../../contracts/units.ts';
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import { admissionFamilies } from './admission.ts';
import { family } from './catalog.ts';
import { ENVOY_BUCKETS_MS, toEnvoyBuckets } from './envoy-buckets.ts';
import { histogram } from './exposition.ts';
import { identityFamilies } from './identity.ts';
import { poolFamilies } from './pools.ts';
import { tcpFamilies } from './tcp.ts';
import { shadowFamilies } from './shadows.ts';
import { webSocketFamilies } from './web-sockets.ts';
import type { Family, Labels, Sample } from './exposition.ts';

export function ownFamilies(s: MetricsSnapshot): Family[] {
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  const overlay = (o: MetricsSnapshot['overlays'][number]): Labels => ({
    experiment: o.experiment,
    service: o.service,
  });
  return [
    family('meshproof_requests_total', s.traffic.flatMap(byClass)),
    family('meshproof_request_duration_seconds', s.traffic.filter((t) => t.codes.length > 0).flatMap(durations)),
    family(
      'meshproof_retries_total',
      s.traffic.map((t) => ({ labels: labelsOf(t), value: t.retries })),
    ),
    family(
      'meshproof_shielded_total',
      s.traffic.map((t) => ({ labels: labelsOf(t), value: t.shielded })),
    ),
    family(
      'meshproof_faults_injected_total',
      s.faults.map(({ injected, ...labels }) => ({ labels, value: injected })),
    ),
    family(
      'meshproof_faults_spared_total',
      s.spared.map(({ spared, ...labels }) => ({ labels, value: spared })),
    ),
    family(
      'meshproof_proxy_errors_total',
      s.errors.map(({ code, count }) => ({ labels: { code }, value: count })),
    ),
    family('meshproof_downstream_connections', one(s.downstreamConnections)),
    family('meshproof_downstream_connections_opened_total', one(s.downstreamConnectionsTotal)),
    family('meshproof_upstream_connections', one(s.upstreamConnections)),
    family('meshproof_upstream_connections_opened_total', one(s.upstreamConnectionsTotal)),
    ...poolFamilies(s.pools),
    ...shadowFamilies(s.shadows),
    ...tcpFamilies(s),
    ...webSocketFamilies(s.webSockets),
    family(
      'meshproof_hedges_total',
      s.hedges.flatMap(({ service, started, won }) => [
        { labels: { service, event: 'started' }, value: started },
        { labels: { service, event: 'won' }, value: won },
      ]),
    ),
    ...admissionFamilies(s),
    family('meshproof_requests_in_flight', one(s.requestsInFlight)),
    family('meshproof_config_version', s.configVersion === null ? [] : one(s.configVersion)),
    family(
      'meshproof_overlay_candidate_ratio',
      s.overlays.map((o) => ({ labels: overlay(o), value: o.candidatePpm / PPM })),
    ),
    family(
      'meshproof_overlay_lease_remaining_seconds',
      s.overlays.map((o) => ({ labels: overlay(o), value: o.leaseLeftMs / 1_000 })),
    ),
    family('meshproof_lease_expired_total', one(s.leaseExpiredTotal)),
    ...identityFamilies(s.identity),
  ];
}

function labelsOf({ service, version, route }: TrafficTotal): Labels {
  return { service, version, route };
}

const BOUNDS_SECONDS = ENVOY_BUCKETS_MS.map((ms) => ms / 1_000);

function durations(total: TrafficTotal): Sample[] {
  return histogram(labelsOf(total), BOUNDS_SECONDS, toEnvoyBuckets(total.latency), total.latencySumUs / 1_000_000);
}

function byClass(total: TrafficTotal): Sample[] {
  const counts = new Map<string, number>();
  for (const [code, count] of total.codes) {
    const codeClass = classOf(code);
    counts.set(codeClass, (counts.get(codeClass) ?? 0) + count);
  }
  return [...counts].map(([codeClass, value]) => ({ labels: { ...labelsOf(total), code_class: codeClass }, value }));
}

/** `2xx` and so on; `broken` when the connection broke before there was an answer. */
function classOf(code: number): string {
  return code === 0 ? 'broken' : `${Math.floor(code / 100)}xx`;
}

/**
 * Every metric that a proxy exposes. Names, labels and units are a contract: docs/metrics.md holds the same table and
 * a test compares. No label takes a value that a client chooses freely (no path, no header), so their number is bounded.
 */
import type { Family, MetricType, Sample } from './exposition.ts';

type Row = { readonly type: MetricType; readonly help: string };

export const METRICS = {
  istio_requests_total: { type: 'counter', help: 'Requests that this proxy sent to a service, by response code.' },
  istio_request_duration_milliseconds: {
    type: 'histogram',
    help: "Time from a request's head to the end of its answer, retries included.",
  },
  istio_request_messages_total: { type: 'counter', help: 'Messages of gRPC towards the service.' },
  istio_response_messages_total: { type: 'counter', help: 'Messages of gRPC from the service.' },
  istio_request_bytes: { type: 'histogram', help: 'Sizes of the bodies of requests.' },
  istio_response_bytes: { type: 'histogram', help: 'Sizes of the bodies of answers.' },
  istio_tcp_connections_opened_total: { type: 'counter', help: 'Connections that were passed on as bytes.' },
  istio_tcp_connections_closed_total: { type: 'counter', help: 'Of these, those that have ended.' },
  istio_tcp_sent_bytes_total: { type: 'counter', help: 'Bytes of the answers, counted when the connection ends.' },
  istio_tcp_received_bytes_total: { type: 'counter', help: 'Bytes of the requests, counted when the connection ends.' },
  meshproof_tcp_connect_failed_total: { type: 'counter', help: 'Connections for which no endpoint could be reached.' },
  meshproof_websocket_opened_total: { type: 'counter', help: 'WebSockets: upgrades that the endpoint accepted.' },
  meshproof_websocket_open: { type: 'gauge', help: 'WebSockets that are open.' },
  meshproof_websocket_closed_total: {
    type: 'counter',
    help: 'WebSockets that have ended, by who closed and with which code.',
  },
  meshproof_websocket_bytes_total: { type: 'counter', help: 'Bytes of WebSockets, framing included.' },
  meshproof_websocket_messages_total: { type: 'counter', help: 'Messages of WebSockets, control frames not included.' },
  meshproof_websocket_duration_seconds: { type: 'histogram', help: 'How long WebSockets were open.' },
  meshproof_requests_total: { type: 'counter', help: 'Requests by service, version, route and class of answer.' },
  meshproof_request_duration_seconds: {
    type: 'histogram',
    help: "Time from a request's head to the end of its answer, retries included.",
  },
  meshproof_retries_total: { type: 'counter', help: 'Attempts beyond the first.' },
  meshproof_shielded_total: { type: 'counter', help: 'Failures on a candidate that the user never saw.' },
  meshproof_faults_injected_total: { type: 'counter', help: 'Faults that met a request.' },
  meshproof_faults_spared_total: { type: 'counter', help: 'Requests that a cap kept from a fault that was theirs.' },
  meshproof_proxy_errors_total: { type: 'counter', help: 'Answers that the proxy made itself, by error code.' },
  meshproof_downstream_connections: { type: 'gauge', help: 'Open connections of clients.' },
  meshproof_downstream_connections_opened_total: { type: 'counter', help: 'Connections that clients opened.' },
  meshproof_upstream_connections: { type: 'gauge', help: 'Open connections to endpoints.' },
  meshproof_upstream_connections_opened_total: { type: 'counter', help: 'Connections opened to endpoints.' },
  meshproof_shadow_requests_total: {
    type: 'counter',
    help: 'Copies to a shadow version, by what became of them: answered, failed, or dropped and why.',
  },
  meshproof_shadow_requests_in_flight: { type: 'gauge', help: 'Copies that a shadow version has not answered yet.' },
  meshproof_endpoints: { type: 'gauge', help: 'Endpoints of a version with a pool, by state.' },
  meshproof_panic: { type: 'gauge', help: '1 while endpoints that are not available are used all the same.' },
  meshproof_ejections_total: { type: 'counter', help: 'Endpoints that outlier detection took out, by reason.' },
  meshproof_health_checks_total: { type: 'counter', help: 'Checks of endpoints, by result.' },
  meshproof_circuit_open_total: { type: 'counter', help: 'Times a limit of the circuit breaker was met, by limit.' },
  meshproof_requests_pending: { type: 'gauge', help: 'Requests that wait for a connection to an endpoint.' },
  meshproof_hedges_total: {
    type: 'counter',
    help: 'Second attempts beside the first, and those that gave the answer.',
  },
  meshproof_admission_limit: { type: 'gauge', help: 'Requests of a service that may be in flight at once.' },
  meshproof_admission_shed_total: { type: 'counter', help: 'Requests refused because too many were in flight.' },
  meshproof_overload: {
    type: 'gauge',
    help: 'How short of room the proxy is: 1 keep-alive is off, 2 new connections are refused.',
  },
  meshproof_requests_in_flight: { type: 'gauge', help: 'Requests that have not been answered yet.' },
  meshproof_config_version: { type: 'gauge', help: 'Version of the configuration in force.' },
  meshproof_overlay_candidate_ratio: {
    type: 'gauge',
    help: 'Share of the requests under an overlay that goes to the candidate, 0 to 1.',
  },
  meshproof_overlay_lease_remaining_seconds: {
    type: 'gauge',
    help: 'Time until the overlay drops by itself, unless its lease is renewed.',
  },
  meshproof_lease_expired_total: { type: 'counter', help: 'Overlays that dropped because their lease ran out.' },
  meshproof_identity_remaining_seconds: {
    type: 'gauge',
    help: "Time until the certificate of the proxy's identity is over, unless it is renewed; below 0 it is over.",
  },
  meshproof_identity_requests_total: {
    type: 'counter',
    help: 'Certificates that the proxy asked the control plane for, by outcome.',
  },
  process_cpu_seconds_total: { type: 'counter', help: 'CPU time of the process, user and system.' },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the process.' },
  process_start_time_seconds: { type: 'gauge', help: 'Start of the process, in seconds since the Unix epoch.' },
  nodejs_heap_size_used_bytes: { type: 'gauge', help: 'JavaScript heap in use by the thread that carries traffic.' },
  nodejs_eventloop_lag_p99_seconds: {
    type: 'gauge',
    help: 'How late the thread that carries traffic came to its timers, 99th percentile since the last scrape.',
  },
  nodejs_eventloop_lag_max_seconds: {
    type: 'gauge',
    help: 'How late the thread that carries traffic came to its timers, at worst since the last scrape.',
  },
} as const satisfies Record<string, Row>;

export type MetricName = keyof typeof METRICS;

export function family(name: MetricName, samples: readonly Sample[]): Family {
  return { name, ...METRICS[name], samples };
}

/** Connections that were passed on as bytes, under Istio's names: istio.io/latest/docs/reference/config/metrics. */
import type { MetricsSnapshot } from '../dataplane-api.ts';
import type { TcpLoad } from '../tcp/tcp-load.ts';
import { family } from './catalog.ts';
import type { Family, Labels, Sample } from './exposition.ts';
import { istioLabels } from './istio-labels.ts';

export function tcpFamilies(snapshot: MetricsSnapshot): Family[] {
  const loads = snapshot.tcp;
  const samples = (of: (load: TcpLoad) => number): Sample[] =>
    loads.map((load) => ({ labels: labelsOf(snapshot, load), value: of(load) }));
  return [
    family(
      'istio_tcp_connections_opened_total',
      samples((l) => l.opened),
    ),
    family(
      'istio_tcp_connections_closed_total',
      samples((l) => l.closed),
    ),
    family(
      'istio_tcp_sent_bytes_total',
      samples((l) => l.receivedBytes),
    ),
    family(
      'istio_tcp_received_bytes_total',
      samples((l) => l.sentBytes),
    ),
    family(
      'meshproof_tcp_connect_failed_total',
      loads
        .filter(({ side }) => side === 'source')
        .map(({ service, version, failed }) => ({ labels: { service, version }, value: failed })),
    ),
  ];
}

function labelsOf(snapshot: MetricsSnapshot, { side, service, version }: TcpLoad): Labels {
  const labels = istioLabels(snapshot, side, service, version);
  return {
    ...labels,
    request_protocol: 'tcp',
    connection_security_policy: side === 'source' ? 'unknown' : 'mutual_tls',
    response_flags: '-',
  };
}

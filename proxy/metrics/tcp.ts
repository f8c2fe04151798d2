/** Connections that were passed on as bytes, under Istio's names: istio.io/latest/docs/reference/config/metrics. */
import type { TcpLoad } from '../tcp/tcp-load.ts';
import { family } from './catalog.ts';
import type { Family, Labels, Sample } from './exposition.ts';

export function tcpFamilies(source: string, loads: readonly TcpLoad[]): Family[] {
  const samples = (of: (load: TcpLoad) => number): Sample[] =>
    loads.map((load) => ({ labels: labelsOf(source, load), value: of(load) }));
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
      loads.map(({ service, version, failed }) => ({ labels: { service, version }, value: failed })),
    ),
  ];
}

function labelsOf(source: string, { service, version }: TcpLoad): Labels {
  return {
    reporter: 'source',
    source_workload: source,
    destination_service: service,
    destination_service_name: service,
    destination_workload: `${service}-${version}`,
    destination_version: version,
    request_protocol: 'tcp',
  };
}

/** Istio's labels (istio.io, "Istio Standard Metrics"), all of them: queries and dashboards name those that nobody can fill, too. */
import type { MetricsSnapshot } from '../dataplane-api.ts';
import type { Labels } from './exposition.ts';

/** Istio's word for what is not known. */
const UNKNOWN = 'unknown';
/** The version of requests that were answered before one was chosen. */
const NO_VERSION = '-';

export type Side = 'source' | 'destination';

/** @param side - as whom the proxy saw the traffic */
export function istioLabels(
  snapshot: Pick<MetricsSnapshot, 'source' | 'beside'>,
  side: Side,
  service: string,
  version: string,
): Labels {
  return {
    reporter: side,
    ...(side === 'source' ? sourceLabels(snapshot) : UNKNOWN_SOURCE),
    ...destinationLabels(service, version === NO_VERSION ? undefined : version),
  };
}

/** A sidecar speaks for what it stands beside; a gateway for itself. */
function sourceLabels({ source, beside }: Pick<MetricsSnapshot, 'source' | 'beside'>): Labels {
  const app = beside?.service ?? source;
  const version = beside?.version ?? UNKNOWN;
  return workloadLabels('source', source, app, version);
}

/** Callers are not told apart, or each would be a series. */
const UNKNOWN_SOURCE = workloadLabels('source', UNKNOWN, UNKNOWN, UNKNOWN);

function destinationLabels(service: string, version: string | undefined): Labels {
  return {
    ...workloadLabels(
      'destination',
      version === undefined ? UNKNOWN : `${service}-${version}`,
      service,
      version ?? UNKNOWN,
    ),
    destination_service: service,
    destination_service_name: service,
    destination_service_namespace: UNKNOWN,
  };
}

function workloadLabels(whose: 'source' | 'destination', workload: string, app: string, version: string): Labels {
  return {
    [`${whose}_workload`]: workload,
    [`${whose}_workload_namespace`]: UNKNOWN,
    [`${whose}_principal`]: UNKNOWN,
    [`${whose}_app`]: app,
    [`${whose}_version`]: version,
    [`${whose}_canonical_service`]: app,
    [`${whose}_canonical_revision`]: version,
    [`${whose}_cluster`]: UNKNOWN,
  };
}

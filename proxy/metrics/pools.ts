/** What is known of the endpoints of each version; labels are names of the configuration, never addresses. */
import type { PoolTotal } from '../balancing/endpoint-view.ts';
import { family } from './catalog.ts';
import type { Family, Labels, Sample } from './exposition.ts';

export function poolFamilies(pools: readonly PoolTotal[]): Family[] {
  return [
    family(
      'meshproof_endpoints',
      pools.flatMap((p) => byKey(p, 'state', p.states)),
    ),
    family(
      'meshproof_panic',
      pools.map((p) => ({ labels: labelsOf(p), value: p.panic ? 1 : 0 })),
    ),
    family(
      'meshproof_ejections_total',
      pools.flatMap((p) => byKey(p, 'reason', p.ejections)),
    ),
    family(
      'meshproof_health_checks_total',
      pools.flatMap((p) => byKey(p, 'result', p.checks)),
    ),
    family(
      'meshproof_circuit_open_total',
      pools.flatMap((p) => byKey(p, 'limit', p.overflows)),
    ),
    family(
      'meshproof_requests_pending',
      pools.map((p) => ({ labels: labelsOf(p), value: p.pending })),
    ),
  ];
}

function labelsOf({ service, version }: PoolTotal): Labels {
  return { service, version };
}

function byKey(pool: PoolTotal, label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { ...labelsOf(pool), [label]: key }, value }));
}

/** What the parts that outlive a configuration have counted since start. */
import { admissionTotals } from '../admission/admission-load.ts';
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import type { TrafficCounters } from '../telemetry/counters.ts';
import type { Inventory } from './compile.ts';

type Totals = Pick<
  MetricsSnapshot,
  | 'traffic'
  | 'inbound'
  | 'upstreamConnections'
  | 'upstreamConnectionsTotal'
  | 'hedges'
  | 'admission'
  | 'pools'
  | 'shadows'
  | 'tcp'
  | 'webSockets'
>;

export function inventoryTotals(inventory: Inventory): Totals {
  const endpoints = [...inventory.endpoints.values()];
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    traffic: totalsOf(inventory.counters.values()),
    inbound: totalsOf(inventory.inbound.values()),
    upstreamConnections: sum(endpoints.map((e) => e.connections)),
    upstreamConnectionsTotal: inventory.openedBefore + sum(endpoints.map((e) => e.opened)),
    hedges: [...inventory.loads.entries()].flatMap(([service, { hedges }]) => (hedges ? [{ service, ...hedges }] : [])),
    admission: admissionTotals(inventory.loads.entries()),
    pools: inventory.pools.totals(),
    shadows: [...inventory.shadows.values()],
    tcp: [...inventory.tcpLoads.values()],
    webSockets: [...inventory.webSocketLoads.values()].filter(({ opened }) => opened > 0),
  };
}

function totalsOf(counters: Iterable<TrafficCounters>): TrafficTotal[] {
  return [...counters].map((c) => ({ service: c.service, version: c.version, route: c.route, ...c.totals() }));
}

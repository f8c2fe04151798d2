/** A snapshot in which every metric has a value, for tests of what is exposed. */
import { BUCKET_COUNT, bucketOf } from '../../contracts/histogram.ts';
import { shadowLoad } from '../shadow/shadow-load.ts';
import { BodySizes } from '../telemetry/body-sizes.ts';
import type { SizeTotals } from '../telemetry/body-sizes.ts';
import { tcpLoad } from '../tcp/tcp-load.ts';
import { webSocketLoad } from '../websocket/web-socket-load.ts';
import { WebSocketMeter } from '../websocket/web-socket-meter.ts';
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';

/** @param latenciesUs - one request each, all answered 200 */
export function trafficOf(version: string, route: string, latenciesUs: readonly number[]): TrafficTotal {
  const latency = new Float64Array(BUCKET_COUNT);
  for (const us of latenciesUs) latency[bucketOf(us)] = (latency[bucketOf(us)] ?? 0) + 1;
  return {
    service: 'reviews',
    version,
    route,
    codes: [[200, latenciesUs.length]],
    retries: 2,
    shielded: 1,
    latencySumUs: latenciesUs.reduce((sum, us) => sum + us, 0),
    latency,
    requestSizes: sizesOf(latenciesUs),
    responseSizes: sizesOf(latenciesUs.map((us) => 2 * us)),
    details: [],
    kind: { protocol: 'http', security: 'unknown' },
    messages: { sent: 0, received: 0 },
  };
}

function sizesOf(bytes: readonly number[]): SizeTotals {
  const sizes = new BodySizes();
  for (const one of bytes) sizes.record(one);
  return sizes.totals();
}

const WEB_SOCKETS = webSocketLoad('reviews', 'v1');
const meter = new WebSocketMeter(WEB_SOCKETS, 1_000);
meter.toEndpoint(Uint8Array.of(0x88, 2, 3, 232));
meter.end(5_000);

export const FULL_METRICS: MetricsSnapshot = {
  source: 'edge',
  traffic: [
    trafficOf('v1', 'default', [400, 900, 30_000]),
    {
      ...trafficOf('v1', 'api', [2_000]),
      codes: [
        [0, 1],
        [204, 2],
        [503, 3],
      ],
    },
    {
      ...trafficOf('v2', 'default', [12_000_000]),
      kind: { protocol: 'grpc', security: 'unknown' },
      messages: { sent: 4, received: 5 },
    },
  ],
  inbound: [{ ...trafficOf('v1', 'inbound', [700]), service: 'ratings' }],
  faults: [{ fault: 'slow', service: 'reviews', at: 'attempt', type: 'delay', injected: 4 }],
  spared: [{ fault: 'slow', service: 'reviews', at: 'attempt', cap: 'rate', spared: 2 }],
  errors: [{ code: 'UPSTREAM_RESET', count: 5 }],
  downstreamConnections: 6,
  downstreamConnectionsTotal: 60,
  upstreamConnections: 7,
  upstreamConnectionsTotal: 70,
  requestsInFlight: 8,
  overload: 1,
  hedges: [{ service: 'reviews', started: 5, won: 2 }],
  admission: [{ service: 'reviews', limit: 40, adaptive: false, shed: 9 }],
  tcp: [{ ...tcpLoad('reviews', 'v1'), opened: 3, closed: 2, failed: 1, sentBytes: 10, receivedBytes: 20 }],
  webSockets: [WEB_SOCKETS],
  shadows: [{ ...shadowLoad('reviews', 'v2'), inFlight: 1, answered: 9, failed: 1 }],
  pools: [
    {
      service: 'reviews',
      version: 'v1',
      states: { available: 2, ejected: 1, unhealthy: 1 },
      panic: false,
      ejections: { 'consecutive-5xx': 3, 'consecutive-gateway-error': 0, 'success-rate': 1 },
      overflows: { pending: 1, requests: 2, retries: 3 },
      checks: { passed: 8, failed: 2 },
      pending: 4,
    },
  ],
  configVersion: 9,
  overlays: [{ experiment: 'reviews-v2', service: 'reviews', candidatePpm: 50_000, leaseLeftMs: 8_500 }],
  leaseExpiredTotal: 1,
  identity: { name: 'gateway/edge', leftMs: 3_600_000, issued: 4, failed: 1 },
};

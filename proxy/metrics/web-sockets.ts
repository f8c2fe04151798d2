/** WebSockets: what upgrades became. */
import { DURATION_BOUNDS_S } from '../websocket/web-socket-load.ts';
import type { WebSocketLoad } from '../websocket/web-socket-load.ts';
import { family } from './catalog.ts';
import { histogram } from './exposition.ts';
import type { Family, Labels, Sample } from './exposition.ts';

export function webSocketFamilies(loads: readonly WebSocketLoad[]): Family[] {
  return [
    family(
      'meshproof_websocket_opened_total',
      loads.map((load) => ({ labels: labelsOf(load), value: load.opened })),
    ),
    family(
      'meshproof_websocket_open',
      loads.map((load) => ({ labels: labelsOf(load), value: load.open })),
    ),
    family('meshproof_websocket_closed_total', loads.flatMap(closes)),
    family(
      'meshproof_websocket_bytes_total',
      loads.flatMap((load) => flows(load, 'bytes')),
    ),
    family(
      'meshproof_websocket_messages_total',
      loads.flatMap((load) => flows(load, 'messages')),
    ),
    family('meshproof_websocket_duration_seconds', loads.flatMap(durations)),
  ];
}

function labelsOf({ service, version }: WebSocketLoad): Labels {
  return { service, version };
}

function closes(load: WebSocketLoad): Sample[] {
  return Object.entries(load.closes).flatMap(([key, value]) => {
    const [by = '', code = ''] = key.split(' ');
    return value === 0 ? [] : [{ labels: { ...labelsOf(load), by, code }, value }];
  });
}

function flows(load: WebSocketLoad, of: 'bytes' | 'messages'): Sample[] {
  return [
    { labels: { ...labelsOf(load), direction: 'to-endpoint' }, value: load.toEndpoint[of] },
    { labels: { ...labelsOf(load), direction: 'from-endpoint' }, value: load.fromEndpoint[of] },
  ];
}

function durations(load: WebSocketLoad): Sample[] {
  let sum = 0;
  const cumulative = [...DURATION_BOUNDS_S, Infinity].map((bound) => (sum += load.durations[String(bound)] ?? 0));
  return histogram(labelsOf(load), DURATION_BOUNDS_S, cumulative, load.durationSumMs / 1_000);
}

/** A proxy's metrics as text. Pure: runs in the admin thread, on a copy, so that a scrape costs traffic next to nothing. */
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import { renderFamilies } from './exposition.ts';
import { istioFamilies } from './istio.ts';
import { ownFamilies } from './own.ts';
import { processFamilies } from './process.ts';
import type { ProcessSample } from './process.ts';

/**
 * `standard`: names by Prometheus' rules only. `istio`: Istio's histogram in milliseconds too, whose name breaks those
 * rules; it has a page of its own, where Istio's proxies have it.
 */
export type Names = 'standard' | 'istio';

export function renderMetrics(full: MetricsSnapshot, names: Names, process?: ProcessSample): string {
  const snapshot = { ...full, traffic: full.traffic.filter(hasCounted) };
  return renderFamilies([
    ...istioFamilies(snapshot, names === 'istio'),
    ...ownFamilies(snapshot),
    ...(process === undefined ? [] : processFamilies(process)),
  ]);
}

/** Every route could go to every version; only what did is shown. */
function hasCounted({ codes, retries, shielded }: TrafficTotal): boolean {
  return codes.length > 0 || retries > 0 || shielded > 0;
}

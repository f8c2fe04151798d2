/** A proxy's metrics as text. Pure: runs in the admin thread, on a copy, so that a scrape costs traffic next to nothing. */
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import { renderFamilies } from './exposition.ts';
import { istioFamilies } from './istio.ts';
import { ownFamilies } from './own.ts';
import { processFamilies } from './process.ts';
import type { ProcessSample } from './process.ts';

export function renderMetrics(full: MetricsSnapshot, process?: ProcessSample): string {
  const snapshot = { ...full, traffic: full.traffic.filter(hasCounted) };
  return renderFamilies([
    ...istioFamilies(snapshot),
    ...ownFamilies(snapshot),
    ...(process === undefined ? [] : processFamilies(process)),
  ]);
}

/** Every route could go to every version; only what did is shown. */
function hasCounted({ codes, retries, shielded }: TrafficTotal): boolean {
  return codes.length > 0 || retries > 0 || shielded > 0;
}

/** A proxy's metrics as text. Pure: runs in the admin thread, on a copy, so that a scrape costs traffic next to nothing. */
import type { MetricsSnapshot } from '../dataplane-api.ts';
import { renderFamilies } from './exposition.ts';
import { istioFamilies } from './istio.ts';
import { ownFamilies } from './own.ts';
import { processFamilies } from './process.ts';
import type { ProcessSample } from './process.ts';

export function renderMetrics(snapshot: MetricsSnapshot, process?: ProcessSample): string {
  return renderFamilies([
    ...istioFamilies(snapshot),
    ...ownFamilies(snapshot),
    ...(process === undefined ? [] : processFamilies(process)),
  ]);
}

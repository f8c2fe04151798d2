/** Documents and overlays for tests. */
import type { SourceDocument } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';

function document(kind: string, name: string, spec: SourceDocument['spec']): SourceDocument {
  return { apiVersion: 'meshproof.dev/v1', kind, metadata: { name }, spec };
}

/** @param endpoints - of v1, v2, … */
export function service(name: string, ...endpoints: string[]): SourceDocument {
  const versions = endpoints.map((endpoint, i) => [`v${i + 1}`, { endpoints: [endpoint] }]);
  return document('Service', name, { stable: 'v1', versions: Object.fromEntries(versions) as unknown });
}

export function gateway(name: string, listen: string, defaultService: string): SourceDocument {
  return document('Gateway', name, { listen, defaultService });
}

export function overlay(experimentId: string, changes: Partial<Overlay> = {}): Overlay {
  return {
    experimentId,
    experiment: 'reviews-v2',
    epoch: 1,
    service: 'reviews',
    baseline: 'v1',
    candidate: 'v2',
    candidatePpm: 1_000_000,
    shield: false,
    seed: 1,
    leaseMs: 10_000,
    ...changes,
  };
}

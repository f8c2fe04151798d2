/** The overlays that a canary asks for. */
import type { CanaryDocument } from '../contracts/document.ts';
import type { Overlay } from '../contracts/overlay.ts';

/** What stays the same over the whole run. */
export type Run = { readonly id: string; readonly document: CanaryDocument };

/** A share of the baseline's requests goes to the candidate; with a share of 0 the baseline is only counted. */
export function shiftingOverlay({ id, document }: Run, epoch: number, candidatePpm: number): Overlay {
  const { metadata, spec } = document;
  return {
    experimentId: id,
    experiment: metadata.name,
    epoch,
    service: spec.service,
    ...(spec.match ? { match: spec.match } : {}),
    ...(spec.sticky ? { sticky: spec.sticky } : {}),
    baseline: spec.baseline,
    candidate: spec.candidate,
    candidatePpm,
    shield: spec.shield,
    seed: seedOf(id),
    leaseMs: spec.lease,
  };
}

/** After the promotion: moves nothing, only counts. The new stable version is the baseline, the old one the candidate. */
export function watchingOverlay(run: Run, epoch: number): Overlay {
  const { spec } = run.document;
  return {
    ...shiftingOverlay(run, epoch, 0),
    baseline: spec.candidate,
    candidate: spec.baseline,
    shield: false,
  };
}

/** The run's own seed for sticky assignment, from its id, so that a resumed run assigns as before. */
function seedOf(id: string): number {
  let hash = 0;
  for (const c of id) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) >>> 0;
  return hash;
}

/** The limit of one service, its state and what it has refused; kept while the limit is declared as before. */
import type { Admission } from '../../contracts/admission.ts';
import type { ServiceLoad } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** Envoy's highest limit. */
const MAX_LIMIT = 1_000;

export type AdmissionLoad = {
  readonly declared: string;
  readonly maxInFlight: number;
  readonly adaptive: AdaptiveLimit | undefined;
  /** Requests refused since start. */
  shed: number;
};

export function admissionLoad(load: ServiceLoad, spec: Admission, { clock, random }: Runtime): AdmissionLoad {
  const declared = JSON.stringify(spec);
  const known = load.admission;
  if (known?.declared === declared) return known;
  const maxLimit = spec.maxInFlight ?? MAX_LIMIT;
  const share = (): number => random.ppm() / 1_000_000;
  const options = { maxLimit, targetMs: spec.targetLatency, random: share };
  const adaptive = spec.adaptive ? new AdaptiveLimit(options, clock.nowMs()) : undefined;
  return (load.admission = { declared, maxInFlight: maxLimit, adaptive, shed: known?.shed ?? 0 });
}

export type AdmissionTotal = { readonly service: string; readonly limit: number; readonly shed: number };

export function admissionTotals(loads: ReadonlyMap<string, ServiceLoad>): AdmissionTotal[] {
  return [...loads].flatMap(([service, { admission: of }]) =>
    of ? [{ service, limit: of.adaptive?.limit ?? of.maxInFlight, shed: of.shed }] : [],
  );
}

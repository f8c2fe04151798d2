/** The limit of one service, its state and what it has refused; kept while the limit is declared as before. */
import type { Admission } from '../../contracts/admission.ts';
import type { ServiceLoad } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import type { Limit } from '../shared/sharing.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** Envoy's highest limit. */
const MAX_LIMIT = 1_000;

export type AdmissionLoad = {
  readonly declared: string;
  readonly maxLimit: number;
  /** Of this process. */
  readonly limit: Limit;
  readonly adaptive: AdaptiveLimit | undefined;
  /** Requests refused since start. */
  shed: number;
};

/** @param whose - by which all workers know the load */
export function admissionLoad(
  load: ServiceLoad,
  spec: Admission,
  { clock, random, sharing }: Runtime,
  whose: string,
): AdmissionLoad {
  const declared = JSON.stringify(spec);
  const known = load.admission;
  if (known?.declared === declared) return known;
  const maxLimit = spec.maxInFlight ?? MAX_LIMIT;
  const share = (): number => random.ppm() / 1_000_000;
  const options = { maxLimit, targetMs: spec.targetLatency, random: share };
  const adaptive = spec.adaptive ? new AdaptiveLimit(options, clock.nowMs()) : undefined;
  const limit = sharing.limit({ key: `in-flight\n${whose}`, limit: maxLimit, own: () => load.inFlight });
  return (load.admission = { declared, maxLimit, limit, adaptive, shed: known?.shed ?? 0 });
}

export type AdmissionTotal = {
  readonly service: string;
  readonly limit: number;
  /** Each worker finds its own limit; else one is for all together. */
  readonly adaptive: boolean;
  readonly shed: number;
};

export function admissionTotals(loads: Iterable<readonly [string, ServiceLoad]>): AdmissionTotal[] {
  return [...loads].flatMap(([service, { admission: of }]) =>
    of
      ? [{ service, limit: of.adaptive?.limit ?? of.maxLimit, adaptive: of.adaptive !== undefined, shed: of.shed }]
      : [],
  );
}

/** What was refused because it was too much: per service, and for the proxy as a whole. */
import type { MetricsSnapshot } from '../dataplane-api.ts';
import { family } from './catalog.ts';
import type { Family } from './exposition.ts';

export function admissionFamilies({ admission, overload }: MetricsSnapshot): Family[] {
  return [
    family(
      'meshproof_admission_limit',
      admission.map(({ service, limit }) => ({ labels: { service }, value: limit })),
    ),
    family(
      'meshproof_admission_shed_total',
      admission.map(({ service, shed }) => ({ labels: { service }, value: shed })),
    ),
    family('meshproof_overload', [{ labels: {}, value: overload }]),
  ];
}

/** What became of the copies that shadow versions got. */
import { DROP_REASONS } from '../shadow/shadow-load.ts';
import type { ShadowLoad } from '../shadow/shadow-load.ts';
import { family } from './catalog.ts';
import type { Family, Sample } from './exposition.ts';

export function shadowFamilies(loads: readonly ShadowLoad[]): Family[] {
  return [
    family('meshproof_shadow_requests_total', loads.flatMap(outcomes)),
    family(
      'meshproof_shadow_requests_in_flight',
      loads.map(({ service, version, inFlight }) => ({ labels: { service, version }, value: inFlight })),
    ),
  ];
}

function outcomes({ service, version, answered, failed, dropped }: ShadowLoad): Sample[] {
  const sample = (outcome: string, value: number): Sample => ({ labels: { service, version, outcome }, value });
  return [
    sample('answered', answered),
    sample('failed', failed),
    ...DROP_REASONS.map((reason) => sample(`dropped-${reason}`, dropped[reason])),
  ];
}

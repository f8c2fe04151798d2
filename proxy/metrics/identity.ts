/** The certificate by which other proxies know this one. */
import type { IdentityState } from '../identity/identity.ts';
import { family } from './catalog.ts';
import type { Family } from './exposition.ts';

export function identityFamilies(state: IdentityState | undefined): Family[] {
  if (!state) return [];
  const { name: identity, leftMs, issued, failed } = state;
  return [
    family(
      'meshproof_identity_remaining_seconds',
      leftMs === null ? [] : [{ labels: { identity }, value: leftMs / 1_000 }],
    ),
    family('meshproof_identity_requests_total', [
      { labels: { identity, outcome: 'issued' }, value: issued },
      { labels: { identity, outcome: 'failed' }, value: failed },
    ]),
  ];
}

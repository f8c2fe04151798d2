/** Endpoint gone: as if discovery no longer told of it. A plan is built without it, and anew when the fault is over. */
import { hashText } from '../random.ts';
import type { ActiveFault } from './active-fault.ts';
import type { FaultKind } from './kind.ts';

export const endpointGone: FaultKind = ({ endpointGone: spec }) =>
  spec === undefined ? undefined : { type: 'endpoint-gone' };

/** @returns the addresses that are left of a version's */
export function withoutGone(
  faults: readonly ActiveFault[],
  version: string,
  addresses: readonly string[],
): ReadonlySet<string> {
  const left = new Set(addresses);
  for (const { spec, active } of faults) {
    const gone = spec.endpointGone;
    if (gone === undefined || !active || (spec.version ?? version) !== version) continue;
    for (const address of typeof gone === 'number' ? someOf(addresses, gone, spec.seed) : gone) left.delete(address);
  }
  return left;
}

/** The same ones in every proxy, and in a replay. */
function someOf(addresses: readonly string[], count: number, seed: number): readonly string[] {
  const drawn = addresses.map((address) => ({ address, rank: hashText(address, seed) }));
  drawn.sort((a, b) => a.rank - b.rank);
  return drawn.slice(0, count).map(({ address }) => address);
}

/** A choice was made without these endpoints. */
export function countGone(faults: readonly ActiveFault[], version: string | undefined): number {
  let met = 0;
  for (const fault of faults) {
    if (!fault.active || (fault.spec.version ?? version) !== version) continue;
    fault.met++;
    fault.count('endpoint-gone');
    met++;
  }
  return met;
}

/** Endpoint gone: as if discovery no longer told of it. A plan is built without it, and anew when the fault is over. */
import { hashText } from '../random.ts';
import type { ActiveFault } from './active-fault.ts';
import type { FaultKind } from './kind.ts';

export const endpointGone: FaultKind = ({ endpointGone: spec }) =>
  spec === undefined ? undefined : { type: 'endpoint-gone' };

/** A fault that takes endpoints away, and the versions of which it takes any from this proxy. */
export type Gone = { readonly fault: ActiveFault; readonly versions: ReadonlySet<string> };

/** The addresses among which a proxy chooses for a version. */
export type Choice = {
  readonly version: string;
  readonly addresses: readonly string[];
  /** One is a sidecar's, which chooses among the endpoints itself: a number of them is for it to take away. */
  readonly isSidecar: boolean;
};

/** @returns those of the faults that take endpoints away here */
export function goneOf(faults: readonly ActiveFault[], choices: readonly Choice[]): Gone[] {
  return faults.flatMap((fault) => {
    const met = choices.filter((choice) => takenBy(fault, choice).length > 0);
    return met.length === 0 ? [] : [{ fault, versions: new Set(met.map(({ version }) => version)) }];
  });
}

/** @returns the addresses that are left of a version's */
export function withoutGone(gone: readonly Gone[], choice: Choice): ReadonlySet<string> {
  const left = new Set(choice.addresses);
  for (const { fault } of gone) {
    if (fault.active) for (const address of takenBy(fault, choice)) left.delete(address);
  }
  return left;
}

function takenBy({ spec }: ActiveFault, { version, addresses, isSidecar }: Choice): readonly string[] {
  const { endpointGone: taken, seed } = spec;
  if (taken === undefined || (spec.version ?? version) !== version) return [];
  if (typeof taken !== 'number') return addresses.filter((address) => taken.includes(address));
  return isSidecar ? [] : someOf(addresses, taken, seed);
}

/** The same ones in every proxy, and in a replay. */
function someOf(addresses: readonly string[], count: number, seed: number): readonly string[] {
  const drawn = addresses.map((address) => ({ address, rank: hashText(address, seed) }));
  drawn.sort((a, b) => a.rank - b.rank);
  return drawn.slice(0, count).map(({ address }) => address);
}

/** A choice was made without these endpoints. */
export function countGone(gone: readonly Gone[], version: string | undefined): number {
  let met = 0;
  for (const { fault, versions } of gone) {
    if (!fault.active || version === undefined || !versions.has(version)) continue;
    fault.met++;
    fault.count('endpoint-gone');
    met++;
  }
  return met;
}

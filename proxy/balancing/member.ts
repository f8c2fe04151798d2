/** What balancing knows of one endpoint of one version. Kept across configurations, by address. */
import type { Locality } from '../../contracts/balancer.ts';

export type Member = {
  readonly address: string;
  /** > 0, relative to the others. */
  weight: number;
  locality: Locality | undefined;
  /** Attempts that have not ended. */
  inFlight: number;
  /** When it joined or came back: the beginning of its slow start. */
  sinceMs: number;
};

/** What a policy draws from: a uniform 32-bit number. */
export type Draw = () => number;

/** Chooses among the members that it was built over. @param hash - of the request's key, for the policies that hash */
export type Picker<M extends Member = Member> = {
  readonly pick: (nowMs: number, hash: number | undefined) => M | undefined;
};

export function newMember(address: string, nowMs: number): Member {
  return { address, weight: 1, locality: undefined, inFlight: 0, sinceMs: nowMs };
}

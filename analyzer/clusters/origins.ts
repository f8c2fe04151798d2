/** The same fair shares for counts: where the candidate's requests and errors came from, since the last report. Plain data. */
import { allowance, CLIENT_FACTOR, ENDPOINT_FACTOR } from './fair-share.ts';
import type { Group } from './fair-share.ts';

/** [name, requests, errors] */
export type Origin = readonly [string, number, number];
/** Of the candidate's requests. What is not told apart here, counts as ever. */
export type Origins = { readonly clients: readonly Origin[]; readonly endpoints: readonly Origin[] };

export type Tally = {
  readonly groups: Readonly<Record<string, Group>>;
  readonly requests: number;
  /** Errors that counted. */
  readonly errors: number;
  readonly leftOut: number;
};
export type Clusters = { readonly clients: Tally; readonly endpoints: Tally };

export const NO_TALLY: Tally = { groups: {}, requests: 0, errors: 0, leftOut: 0 };
export const NO_CLUSTERS: Clusters = { clients: NO_TALLY, endpoints: NO_TALLY };

/** Takes a report in. `leftOut` grows by the errors that are no new evidence. */
export function addOrigins({ clients, endpoints }: Clusters, origins: Origins): Clusters {
  return {
    clients: addTo(clients, origins.clients, CLIENT_FACTOR),
    endpoints: addTo(endpoints, origins.endpoints, ENDPOINT_FACTOR),
  };
}

/** Only by client. */
export function addClients(clients: Tally, origins: Origins): Tally {
  return addTo(clients, origins.clients, CLIENT_FACTOR);
}

function addTo(before: Tally, origins: readonly Origin[], factor: number): Tally {
  if (origins.length === 0) return before;
  const { all, changed } = merged(before, origins);
  // Nobody knows in which order they came. So each group gets its share in turn, and what the others had may raise it.
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const entry of changed.values()) {
      const { group, left } = entry;
      const counted = Math.min(left, Math.ceil(allowance(all, factor, group) - group.errors));
      if (counted <= 0) continue;
      group.errors += counted;
      all.errors += counted;
      entry.left -= counted;
      isMoving = true;
    }
  }
  const leftOut = [...changed.values()].reduce((sum, { left }) => sum + left, before.leftOut);
  const groups = Object.fromEntries([...changed].map(([name, { group }]) => [name, group]));
  return { groups: { ...before.groups, ...groups }, ...all, leftOut };
}

type Changed = { readonly group: Group; left: number };

/** Several proxies may tell of one group. @returns copies; `left`: errors that do not count yet */
function merged(before: Tally, origins: readonly Origin[]) {
  const all = { requests: before.requests, errors: before.errors };
  const changed = new Map<string, Changed>();
  for (const [name, requests, errors] of origins) {
    let entry = changed.get(name);
    if (!entry) {
      const known = before.groups[name] ?? { requests: 0, failed: 0, errors: 0 };
      changed.set(name, (entry = { group: { ...known }, left: 0 }));
    }
    entry.group.requests += requests;
    entry.group.failed += errors;
    entry.left += errors;
    all.requests += requests;
  }
  return { all, changed };
}

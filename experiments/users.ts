/** What users met of a service, from the proxies' traffic: every request once, after retries and shield. Pure. */
import type { HitRow, TrafficRow } from '../contracts/telemetry.ts';
import { addCounts, NO_COUNTS } from './counts.ts';
import type { Counts } from './counts.ts';
import type { Users } from './state.ts';
import type { Run } from './story.ts';

export function usersOf({ id, document }: Run, traffic: readonly TrafficRow[], hits: readonly HitRow[]): Users {
  const { service } = document.spec;
  const counts = traffic.filter((row) => row.service === service).map(countsOf);
  return { counts: counts.reduce(addCounts, NO_COUNTS), hits: hits.filter((row) => row.experimentId === id) };
}

/** A request failed when its answer was 5xx, or its connection broke before one (status 0). */
function countsOf({ codes, latency }: TrafficRow): Counts {
  let requests = 0;
  let errors = 0;
  for (const [status, count] of Object.entries(codes)) {
    requests += count;
    if (Number(status) === 0 || Number(status) >= 500) errors += count;
  }
  return { requests, errors, latency };
}

export function addUsers(sum: Users | undefined, users: Users): Users {
  if (!sum) return users;
  return { counts: addCounts(sum.counts, users.counts), hits: [...sum.hits, ...users.hits] };
}

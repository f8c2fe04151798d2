/**
 * Failures come in clusters: one bad client that tries again and again, one bad endpoint. Such a cluster is one piece
 * of evidence, not a hundred. A group (a client, an endpoint) may add at most FACTOR times its fair share of errors.
 * Leaving out errors of the candidate only lowers the e-value of "regressed", so the test stays valid.
 */

/** Groups with at least 1/FACTOR of the candidate's requests are never cut: they are not a corner of the traffic. */
const FACTOR = 3;
/** Beyond this many groups the oldest are forgotten: memory stays constant, and a forgotten group starts afresh. */
const MAX_GROUPS = 20_000;

type Group = { requests: number; errors: number };

export type FairShare = {
  readonly groups: Map<number, Group>;
  requests: number;
  /** Errors that counted. */
  errors: number;
  leftOut: number;
};

export function startFairShare(): FairShare {
  return { groups: new Map(), requests: 0, errors: 0, leftOut: 0 };
}

/** Notes a request of the candidate. @param group - a hash; 0: unknown @returns whether its error may count */
export function isWithinFairShare(share: FairShare, group: number, isError: boolean): boolean {
  if (group === 0) return true;
  const known = share.groups.get(group) ?? addGroup(share, group);
  known.requests++;
  share.requests++;
  if (!isError) return true;
  const allowed = Math.max(1, FACTOR * (known.requests / share.requests) * (share.errors + 1));
  if (known.errors >= allowed) {
    share.leftOut++;
    return false;
  }
  known.errors++;
  share.errors++;
  return true;
}

function addGroup(share: FairShare, group: number): Group {
  const { groups } = share;
  if (groups.size >= MAX_GROUPS) {
    for (const oldest of groups.keys()) {
      groups.delete(oldest);
      if (groups.size <= MAX_GROUPS / 2) break;
    }
  }
  const fresh = { requests: 0, errors: 0 };
  groups.set(group, fresh);
  return fresh;
}

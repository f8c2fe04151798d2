/**
 * Failures come in clusters: one bad client that tries again and again, one bad endpoint. Such a cluster is one piece
 * of evidence, not a hundred. A group (a client, an endpoint) may add at most `factor` times its fair share of errors.
 * Leaving out errors of the candidate only lowers the e-value of "regressed", so the test stays valid.
 */

/** Groups with at least 1/factor of the candidate's requests are never cut: they are not a corner of the traffic. */
export const CLIENT_FACTOR = 3;
export const ENDPOINT_FACTOR = 2;
/** Beyond this many groups the oldest are forgotten: memory stays constant, and a forgotten group starts afresh. */
const MAX_GROUPS = 20_000;

/** Of `failed` errors, `errors` counted. */
export type Group = { requests: number; failed: number; errors: number };
export type FairShare = {
  readonly factor: number;
  readonly groups: Map<number, Group>;
  requests: number;
  /** Errors that counted. */
  errors: number;
  leftOut: number;
};

export function startFairShare(factor: number): FairShare {
  return { factor, groups: new Map(), requests: 0, errors: 0, leftOut: 0 };
}

/** Notes a request of the candidate. @param group - a hash; 0: unknown @returns whether its error may count */
export function isWithinFairShare(share: FairShare, group: number, isError: boolean): boolean {
  if (group === 0) return true;
  const known = share.groups.get(group) ?? addGroup(share, group);
  known.requests++;
  share.requests++;
  if (!isError) return true;
  known.failed++;
  if (known.errors >= allowance(share, share.factor, known)) {
    share.leftOut++;
    return false;
  }
  known.errors++;
  share.errors++;
  return true;
}

/** How many errors of the group may count, when one more counts: at least one, and Infinity for a large group. */
export function allowance(
  all: { readonly requests: number; readonly errors: number },
  factor: number,
  { requests }: { readonly requests: number },
): number {
  const part = factor * (requests / all.requests);
  return part >= 1 ? Infinity : Math.max(1, part * (all.errors + 1));
}

function addGroup(share: FairShare, group: number): Group {
  const { groups } = share;
  if (groups.size >= MAX_GROUPS) {
    for (const oldest of groups.keys()) {
      groups.delete(oldest);
      if (groups.size <= MAX_GROUPS / 2) break;
    }
  }
  const fresh = { requests: 0, failed: 0, errors: 0 };
  groups.set(group, fresh);
  return fresh;
}

/** What clusters add to the evidence of the success rate: a warning, and what was left out because of them. */
import type { MetricEvidence } from '../../contracts/verdict.ts';
import { plural } from '../sequential/wording.ts';
import type { FairShare } from './fair-share.ts';
import type { Clusters, Tally } from './origins.ts';
import { unevenness } from './uneven.ts';
import type { Uneven } from './uneven.ts';

export type ClusterEvidence = Pick<MetricEvidence, 'clustered' | 'uneven'>;

export function clustersOf({ clients, endpoints }: Clusters): ClusterEvidence {
  return evidenceOf(clients, endpoints, unevenness(Object.entries(endpoints.groups)));
}

/** The same where endpoints are known by hashes only. */
export function clustersOfRun(clients: FairShare, endpoints: FairShare): ClusterEvidence {
  const uneven = unevenness([...endpoints.groups]);
  return evidenceOf(clients, endpoints, uneven && { ...uneven, worst: null });
}

function evidenceOf(
  clients: Pick<Tally, 'leftOut'>,
  endpoints: Pick<Tally, 'leftOut'>,
  uneven: Uneven<string | null> | undefined,
): ClusterEvidence {
  const clustered = { client: clients.leftOut, endpoint: endpoints.leftOut };
  return {
    ...(clustered.client + clustered.endpoint > 0 ? { clustered } : {}),
    ...(uneven ? { uneven } : {}),
  };
}

/** Part of a sentence on what both arms showed; empty where there is nothing to say. */
export function clusterWords({ clustered, uneven }: ClusterEvidence): string {
  const says: string[] = [];
  if (clustered && clustered.client > 0) says.push(`${plural(clustered.client, 'error')} of few clients left out`);
  if (clustered && clustered.endpoint > 0)
    says.push(`${plural(clustered.endpoint, 'error')} of few endpoints left out`);
  if (uneven) {
    const { worst, errors, allErrors, endpoints } = uneven;
    const where = worst === null ? `one of its ${endpoints} endpoints` : `${worst}, one of its ${endpoints} endpoints`;
    says.push(`${errors} of ${plural(allErrors, 'error')} come from ${where}`);
  }
  return says.length === 0 ? '' : ` (${says.join('; ')})`;
}

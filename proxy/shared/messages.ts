/** What workers and their first process say of what they share. Lists of tuples: these are many, and travel as JSON. */
import type { BucketLimits } from '../rate-limit/token-buckets.ts';
import type { QuotaMessage, QuotaReply } from './quota.ts';
import type { Ejection } from './sharing.ts';

/** What one worker asks for. `need` requests wait for the answer; 0: it only wants some in reserve. */
export type TokenAsk = {
  readonly id: string;
  readonly key: string;
  readonly limits: BucketLimits;
  readonly need: number;
};

export type TokenGrant = {
  readonly id: string;
  readonly key: string;
  readonly granted: number;
  /** Until there are more; 0: something is left. */
  readonly waitMs: number;
  readonly left: number;
  readonly fullInMs: number;
};

/** Tokens that nobody wanted: [id, key, count]. */
export type TokenReturn = readonly [id: string, key: string, count: number];

export type FromWorker = {
  readonly type: 'share';
  /** It hears us from here on, and wants to know what there is. */
  readonly joins?: true;
  /** What it holds now, where that has changed. */
  readonly counts?: readonly (readonly [key: string, own: number])[];
  readonly asks?: readonly TokenAsk[];
  readonly returns?: readonly TokenReturn[];
  readonly quotas?: QuotaMessage;
  readonly ejection?: Ejection;
};

export type ToWorker = {
  readonly type: 'shared';
  /** Workers that share. */
  readonly processes?: number;
  /** What the others hold, where that has changed. */
  readonly counts?: readonly (readonly [key: string, elsewhere: number])[];
  readonly grants?: readonly TokenGrant[];
  readonly quotas?: QuotaReply;
  readonly ejection?: Ejection;
};

/** What the judge is fed: counts of both arms since the last batch. Nothing here knows of time. */
import type { SparseBuckets } from '../../contracts/histogram.ts';
import type { Origins } from '../clusters/origins.ts';

const PPM = 1_000_000;

/** First attempts of one arm. `latency` is in the layout of contracts/histogram.ts, in microseconds. */
export type ArmCounts = {
  readonly requests: number;
  readonly errors: number;
  readonly latency: SparseBuckets;
};

/** One report: what happened in both arms while the candidate's share was `candidatePpm`. */
export type Batch = {
  /** The candidate's share, in parts per million, when these requests were assigned to their arms. */
  readonly candidatePpm: number;
  readonly baseline: ArmCounts;
  readonly candidate: ArmCounts;
  /** False while a step warms up: then errors are judged and latency is left out. */
  readonly judgeLatency: boolean;
  /** Where the candidate's requests came from and went to, as far as it is known. */
  readonly origins?: Origins;
};

/** What was measured on the baseline alone, before the first step. May be empty. */
export type Calibration = { readonly latency: SparseBuckets };

/** With all traffic on one arm there is nothing to compare: such a batch is only shown. */
export function isCompared({ candidatePpm }: Batch): boolean {
  return candidatePpm > 0 && candidatePpm < PPM;
}

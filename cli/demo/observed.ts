/** What was seen of one canary while it ran: the moment at which its verdict fell. Pure. */
import type { ExperimentView } from '../../contracts/experiment.ts';

export type Noticed = {
  /** Since the candidate got its first share of traffic. */
  readonly afterMs: number;
  readonly candidateRequests: number;
  readonly weightPpm: number;
};

export type Observed = {
  readonly last: ExperimentView | undefined;
  readonly steppingSince: number | undefined;
  /** The weight while the candidate last had one. */
  readonly weightPpm: number;
  readonly noticed: Noticed | undefined;
};

export const NOTHING_OBSERVED: Observed = {
  last: undefined,
  steppingSince: undefined,
  weightPpm: 0,
  noticed: undefined,
};

/** A PASS is decided when the promotion begins; the run's verdict is final only after the watch. */
const DECIDED: readonly ExperimentView['phase'][] = ['promoting', 'watching', 'promoted'];

/** Takes one state of the experiment in. Times are those of the control plane. */
export function observe(before: Observed, view: ExperimentView): Observed {
  const at = Date.parse(view.updatedAt);
  const steppingSince = before.steppingSince ?? (view.intendedPpm > 0 ? at : undefined);
  const weightPpm = view.phase === 'stepping' && view.intendedPpm > 0 ? view.intendedPpm : before.weightPpm;
  const decided = view.verdict !== 'PENDING' || DECIDED.includes(view.phase);
  const noticed =
    before.noticed ??
    (decided
      ? { afterMs: at - (steppingSince ?? at), candidateRequests: view.totals.candidateRequests, weightPpm }
      : undefined);
  return { last: view, steppingSince, weightPpm, noticed };
}

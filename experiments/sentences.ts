/** The sentences that a run says of itself, made from its numbers. */
import { count, evidence, percent, plural } from '../analyzer/sequential/wording.ts';
import { formatDuration } from '../contracts/units.ts';
import type { Judgement, MetricEvidence } from '../contracts/verdict.ts';
import { chosenOf } from './chosen.ts';
import type { State } from './state.ts';
import type { Story, Terms } from './story.ts';

/** `10` for 100,000 ppm. */
export function weight(ppm: number): string {
  return percent(ppm / 1_000_000);
}

/** What it waited for before is over. */
const DECIDED: readonly State['phase'][] = ['promoting', 'watching', 'held'];

/** Why the run is where it is, at this moment. */
export function reasonNow(story: Story, state: State): string {
  const { terms, now } = story;
  if (state.ending !== null) return state.reason;
  if (state.waits !== null && !DECIDED.includes(state.phase)) return state.waits.says;
  switch (state.phase) {
    case 'measuring':
      return lacking(terms, state) ?? `measuring ${terms.baseline}: ${plural(state.measured, 'request')} so far`;
    case 'stepping':
      return lacking(terms, state) ?? (state.totals.candidateRequests === 0 ? state.reason : state.judgement.reason);
    case 'watching':
      return `${chosenOf(story, state)} is stable, and watched for ${formatDuration(terms.watch.for)}: ${watched(state)}`;
    default:
      return lacking(terms, state) ?? now?.(state) ?? state.reason;
  }
}

/** "No traffic" and "no data" are different, and neither is a failure of the candidate. */
export function lacking(terms: Terms, state: State): string | undefined {
  switch (state.lacking) {
    case 'traffic':
      return state.phase === 'measuring'
        ? `no traffic: proxies report, but no request to ${terms.service} takes part; it waits for some until the deadline`
        : `no traffic: proxies report, but no request has reached ${terms.candidate} at this step; it waits for some until the deadline`;
    case 'data':
      return `no data: no proxy has reported for ${formatDuration(state.silentMs)}; the clock stands still`;
    case 'nothing':
      return undefined;
  }
}

export function watched({ watched: { requests, errors } }: State): string {
  return `${count(errors)} of ${plural(requests, 'request')} failed`;
}

/** `5.2 % of 114 candidate requests failed against 0.1 % of 1,032; e-value 3.1e4 reached 200`. */
export function failure(judgement: Judgement): string {
  const failed = judgement.metrics.filter((m) => m.verdict === 'FAIL');
  return failed.length === 0 ? judgement.reason : failed.map(failureOf).join('; ');
}

function failureOf(metric: MetricEvidence): string {
  const { baseline, candidate } = metric;
  if (metric.unit !== 'share' || baseline.value === null || candidate.value === null)
    return `${metric.name}: ${metric.rule}`;
  return (
    `${percent(candidate.value)} % of ${count(candidate.requests)} candidate requests failed against ` +
    `${percent(baseline.value)} % of ${count(baseline.requests)}; ` +
    `e-value ${evidence(metric.eRegressed)} reached ${evidence(metric.threshold)}`
  );
}

/** What an INCONCLUSIVE run knew. */
export function known(state: State): string {
  return state.totals.candidateRequests === 0
    ? 'no request reached the candidate'
    : `${count(state.totals.candidateErrors)} of ${plural(state.totals.candidateRequests, 'candidate request')} failed; ${state.judgement.reason}`;
}

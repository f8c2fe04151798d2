/** What the reports of the proxies add to a run: calibration, the judge's evidence, the counts of the watch. */
import { conclude, judge, observe, verdictOf } from '../analyzer/sequential/judge.ts';
import type { JudgeState } from '../analyzer/sequential/judge.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { armCounts, batchesOf, countTotals, latencyOf, mergeBuckets, rowsOf, sumOf } from './arm-counts.ts';
import { addCounts, addRecent } from './counts.ts';
import type { State } from './state.ts';

/** A thousand proxies report five times a second: each report counts, and the evidence is worded no more often than this. */
const WORD_EVERY_MS = 200;

/** Takes one report in. Rows of older epochs count with the share that they were assigned with. */
export function takeIn(state: State, reported: readonly ArmRow[]): State {
  return takeReport(state, reported, reported);
}

/**
 * @param compared - what the judge sees of the report, which may be less than all
 * @param wordEveryMs - how old the evidence may be while the verdict stays
 */
export function takeReport(
  state: State,
  reported: readonly ArmRow[],
  compared: readonly ArmRow[],
  wordEveryMs = WORD_EVERY_MS,
): State {
  const heard = { ...state, silentMs: 0 };
  if (reported.length === 0) return heard;
  const preview = reported.filter((row) => row.preview);
  const rows = reported.filter((row) => !row.preview);
  switch (state.phase) {
    case 'measuring':
      return measure(heard, rows);
    case 'stepping':
    case 'held':
      return compare(
        countPreview(heard, preview),
        rows,
        compared.filter((row) => !row.preview),
        wordEveryMs,
      );
    case 'previewing':
      return compare(guard(countPreview(heard, preview), [...preview, ...rowsOf(rows, 'candidate')]), rows);
    case 'injecting':
    case 'recovering': // users are counted, not arms
      return { ...heard, totals: countTotals(state.totals, rows) };
    case 'switched':
      return compare(guard(heard, rowsOf(rows, 'candidate')), rows);
    case 'watching':
      return watch(heard, rows);
    case 'promoting':
    case 'rolling-back': // decided: what comes late is shown and changes nothing
      return { ...heard, totals: countTotals(state.totals, rows) };
    case 'testing': // an A/B test tells its arms apart by itself (ab-test.ts)
    case 'shadowing': // and a shadow has one arm only (shadow.ts)
    case 'declared':
    case 'promoted':
    case 'rolled-back':
      return heard;
  }
}

/** For the guardrails. @param rows - of older epochs belong to an earlier phase */
export function guard(state: State, rows: readonly ArmRow[]): State {
  const counts = armCounts(rows.filter((row) => row.epoch === state.epoch));
  return { ...state, guarded: addCounts(state.guarded, counts), recent: addRecent(state.recent, counts) };
}

function countPreview(state: State, rows: readonly ArmRow[]): State {
  return { ...state, preview: addCounts(state.preview, armCounts(rows)) };
}

function measure(state: State, rows: readonly ArmRow[]): State {
  const baseline = rowsOf(rows, 'baseline');
  return {
    ...state,
    calibration: mergeBuckets(state.calibration, [latencyOf(baseline)]),
    measured: state.measured + sumOf(baseline).requests,
    totals: countTotals(state.totals, rows),
  };
}

function compare(state: State, rows: readonly ArmRow[], compared = rows, wordEveryMs = WORD_EVERY_MS): State {
  if (!state.judge) return state;
  let judged = state.judge;
  const warm = state.warmEpoch >= state.epoch ? state.epoch : undefined;
  for (const batch of batchesOf(compared, warm)) judged = observe(judged, batch);
  const here = rowsOf(rows, 'candidate').filter((row) => row.epoch === state.epoch);
  return {
    ...state,
    judge: judged,
    ...(isToBeWorded(state, judged, wordEveryMs) ? { judgement: judge(judged), wordedAtMs: state.ageMs } : {}),
    totals: countTotals(state.totals, rows),
    stepCandidateRequests: state.stepCandidateRequests + sumOf(here).requests,
  };
}

function isToBeWorded({ judgement, ageMs, wordedAtMs }: State, judged: JudgeState, everyMs: number): boolean {
  const { metrics } = judgement;
  return metrics.length === 0 || ageMs - wordedAtMs >= everyMs || verdictOf(judged) !== conclude(metrics).verdict;
}

/** The arm `baseline` of the watch's overlay is the new stable version. Late rows of the steps are of other arms. */
function watch(state: State, rows: readonly ArmRow[]): State {
  const own = sumOf(rowsOf(rows, 'baseline').filter((row) => row.epoch === state.epoch));
  const late = rows.filter((row) => row.candidatePpm > 0);
  return {
    ...state,
    watched: { requests: state.watched.requests + own.requests, errors: state.watched.errors + own.errors },
    totals: countTotals(state.totals, late),
  };
}

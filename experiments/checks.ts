/** What checks add to a judgement: of figures from outside, and of the arms' own requests. Pure. */
import { countPoint, judgeKayentaCheck } from '../analyzer/kayenta/live-check.ts';
import { conclude } from '../analyzer/sequential/judge.ts';
import { countMeasurement, judgeCheck } from '../analyzer/threshold/check.ts';
import { NOT_MEASURED } from '../analyzer/threshold/check-counts.ts';
import type { Check } from '../contracts/check.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import type { Judgement } from '../contracts/verdict.ts';
import { addToWindow, EMPTY_WINDOW, figureOf } from './check-windows.ts';
import { comparedRows } from './fresh-baseline.ts';
import { isCompared } from './measuring.ts';
import type { Event, State } from './state.ts';
import type { Story } from './story.ts';

type Measured = Pick<Extract<Event, { type: 'measured' }>, 'value' | 'baseline' | 'why'>;

/** An answer that comes when nothing is compared any more changes nothing. */
export function takeMeasurement(story: Story, state: State, measured: Extract<Event, { type: 'measured' }>): State {
  const check = story.terms.analysis.checks.find((c) => c.name === measured.check);
  return check && story.comparing.includes(state.phase) ? countAnswer(state, check, measured) : state;
}

function countAnswer(state: State, check: Check, { value, baseline = null, why }: Measured): State {
  const before = state.checks[check.name] ?? NOT_MEASURED;
  const counts =
    check.judge === 'kayenta'
      ? countPoint(before, check, { baseline, candidate: value }, why)
      : countMeasurement(before, check, value, why);
  return { ...state, checks: { ...state.checks, [check.name]: counts } };
}

/** A report of some proxy, for the checks of the arms' own requests. */
export function fillWindows(story: Story, state: State, rows: readonly ArmRow[]): State {
  const own = ownChecks(story);
  if (own.length === 0 || rows.length === 0 || !isCompared(story, state)) return state;
  const windows = { ...state.checkWindows };
  const compared = comparedRows(story.terms, rows);
  for (const check of own)
    windows[check.name] = addToWindow(windows[check.name] ?? EMPTY_WINDOW, check, compared, state.warmEpoch);
  return { ...state, checkWindows: windows };
}

/** Time passes: a window whose interval is over becomes an answer. It stands still while no proxy reports. */
export function passWindows(story: Story, before: State, passedMs: number): State {
  const own = ownChecks(story);
  if (own.length === 0 || !isCompared(story, before) || before.silentMs > story.terms.lease) return before;
  let state = before;
  for (const check of own) {
    const window = state.checkWindows[check.name] ?? EMPTY_WINDOW;
    const forMs = window.forMs + passedMs;
    const isFull = forMs >= check.interval;
    const next = isFull ? EMPTY_WINDOW : { ...window, forMs };
    if (isFull && check.metric) {
      const why = 'no request in the last interval';
      const value = figureOf(check.metric, window.candidate);
      state = countAnswer(state, check, { value, baseline: figureOf(check.metric, window.baseline), why });
    }
    state = { ...state, checkWindows: { ...state.checkWindows, [check.name]: next } };
  }
  return state;
}

function ownChecks({ terms }: Story): readonly Check[] {
  return terms.analysis.checks.filter((check) => check.metric !== undefined);
}

/** The judgement of the metrics, and of the checks: one that fails, fails all; one that is open leaves all open. */
export function withChecks({ terms }: Story, state: State): State {
  const { checks } = terms.analysis;
  if (checks.length === 0 || state.judge === null) return state;
  const evidence = checks.map((check) => {
    const counts = state.checks[check.name] ?? NOT_MEASURED;
    return check.judge === 'kayenta' ? judgeKayentaCheck(check, counts) : judgeCheck(check, counts);
  });
  const { metrics } = state.judgement;
  const judged =
    metrics.length === 0 ? { verdict: 'PENDING' as const, reason: 'nothing was compared yet' } : conclude(metrics);
  return { ...state, judgement: { ...together(judged, evidence), metrics, checks: evidence } };
}

function together(
  judged: Pick<Judgement, 'verdict' | 'reason'>,
  checks: NonNullable<Judgement['checks']>,
): Pick<Judgement, 'verdict' | 'reason'> {
  const say = (verdict: string): string[] =>
    checks.filter((c) => c.verdict === verdict).map((c) => `${c.name}: ${c.rule}`);
  const failed = say('FAIL');
  if (judged.verdict === 'FAIL' || failed.length > 0) {
    const reasons = judged.verdict === 'FAIL' ? [judged.reason, ...failed] : failed;
    return { verdict: 'FAIL', reason: reasons.join('; ') };
  }
  const open = say('PENDING');
  if (judged.verdict === 'PENDING' || open.length > 0) {
    const reasons = judged.verdict === 'PENDING' ? [judged.reason, ...open] : open;
    return { verdict: 'PENDING', reason: reasons.join('; ') };
  }
  return { verdict: judged.verdict, reason: [judged.reason, ...say('PASS')].join('; ') };
}

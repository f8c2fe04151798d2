/** What checks of figures from outside add to a judgement. Pure. */
import { conclude } from '../analyzer/sequential/judge.ts';
import { countMeasurement, judgeCheck, NOT_MEASURED } from '../analyzer/threshold/check.ts';
import type { Judgement } from '../contracts/verdict.ts';
import type { Event, State } from './state.ts';
import type { Story } from './story.ts';

type Measured = Extract<Event, { type: 'measured' }>;

/** An answer that comes when nothing is compared any more changes nothing. */
export function takeMeasurement(
  { terms, comparing }: Story,
  state: State,
  { check: name, value, why }: Measured,
): State {
  const check = terms.analysis.checks.find((c) => c.name === name);
  if (!check || !comparing.includes(state.phase)) return state;
  const counts = countMeasurement(state.checks[name] ?? NOT_MEASURED, check, value, why);
  return { ...state, checks: { ...state.checks, [name]: counts } };
}

/** The judgement of the metrics, and of the checks: one that fails, fails all; one that is open leaves all open. */
export function withChecks({ terms }: Story, state: State): State {
  const { checks } = terms.analysis;
  if (checks.length === 0 || state.judge === null) return state;
  const evidence = checks.map((check) => judgeCheck(check, state.checks[check.name] ?? NOT_MEASURED));
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

/**
 * The life of a shadow: declared -> shadowing -> PASS (every field is shown to be the same), FAIL (some surely differ) or
 * INCONCLUSIVE. Users meet the baseline only, from the first moment to the last; the candidate gets copies. Whatever the
 * verdict is, the copying ends with it, and nothing is released.
 */
import { pathRule } from '../analyzer/shadow/json-path.ts';
import { judgeShadow } from '../analyzer/shadow/judge.ts';
import { addSamples, NOTHING_COMPARED } from '../analyzer/shadow/table.ts';
import type { ShadowTable, TableRules } from '../analyzer/shadow/table.ts';
import { count, percent, plural } from '../analyzer/sequential/wording.ts';
import type { Comparisons, ComparisonSample } from '../contracts/comparison.ts';
import type { ShadowDocument } from '../contracts/document.ts';
import type { Overlay } from '../contracts/overlay.ts';
import type { ShadowSpec } from '../contracts/shadow.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { formatDuration, PPM } from '../contracts/units.ts';
import type { Judgement } from '../contracts/verdict.ts';
import { countTotals } from './arm-counts.ts';
import { lately } from './counts.ts';
import { endWithoutData } from './endings.ts';
import { guard } from './evidence.ts';
import { crossed } from './limits.ts';
import { shiftingOverlay } from './overlay-of.ts';
import { complete, rollBack } from './rollback.ts';
import { weight } from './sentences.ts';
import type { State, Transition } from './state.ts';
import type { Run, Story, Terms } from './story.ts';
import { deadlineOver, deadlineSentence, decide, layOverlay, notice, withoutData } from './transitions.ts';

const QUIET_MS = 5_000;
/** Comparisons that come to nothing may be the very ones in which the candidate fails: with more of them, no PASS. */
const MAX_DROPPED = 0.1;

type ShadowRunOf = Run<ShadowDocument>;

export function shadow(run: ShadowRunOf): Story {
  const { spec } = run.document;
  const rules = rulesOf(spec);
  const story: Story = {
    run,
    releases: false,
    terms: termsOf(spec),
    phases: ['measuring', 'shadowing'],
    comparing: ['shadowing'],
    stepsPpm: [spec.mirror],
    overlay: (state, epoch) => overlayOf(story, spec, state, epoch),
    takeIn: (state, rows, comparisons) => takeIn(spec, rules, state, rows, comparisons),
    goOn: (state) => {
      if (state.phase === 'measuring') return startShadowing(story, spec, state);
      const limit = crossed(spec.guardrails, state.guarded) ?? crossed(spec.guardrails, lately(state.recent));
      if (limit !== undefined) return stop(story, state, `users of ${spec.baseline}: ${limit}`);
      if (withoutData(story, state)) return endWithoutData(story, state);
      return leaveShadowing(story, spec, state);
    },
    now: (state) => (state.phase === 'shadowing' && hasCopies(state) ? state.judgement.reason : undefined),
  };
  return story;
}

/** A shadow in the words of the Canary. */
function termsOf(spec: ShadowSpec): Terms {
  const { service, baseline, candidate, match, lease, deadline } = spec;
  return {
    service,
    baseline,
    candidate,
    match,
    lease,
    deadline,
    measure: 0,
    watch: { for: 0, maxErrors: PPM },
    webhooks: spec.webhooks,
    incoming: spec.incoming,
    onInconclusive: 'rollback',
    analysis: { alpha: spec.analysis.alpha, metrics: [], warmup: 0, checks: [] },
  };
}

function rulesOf({ ignore, unordered, analysis }: ShadowSpec): TableRules {
  const { tolerance, learn } = analysis;
  return { ignored: pathRule(ignore), unordered: pathRule(unordered), tolerance, learn };
}

function overlayOf(story: Story, spec: ShadowSpec, { phase }: State, epoch: number): Overlay {
  const overlay = shiftingOverlay(story, epoch, 0);
  if (phase !== 'shadowing') return overlay;
  const { mirror: mirrorPpm, compare: comparePpm, maxBody: maxBodyBytes, writes, maxComparedPerSecond, redact } = spec;
  return { ...overlay, shadow: { mirrorPpm, comparePpm, writes, maxComparedPerSecond, maxBodyBytes, redact } };
}

/** measuring -> shadowing at once: what differs by itself is learnt from the copies. */
function startShadowing(story: Story, spec: ShadowSpec, state: State): Transition {
  const { candidate, mirror, writes } = spec;
  const what = writes === 'never' ? 'requests that read' : 'requests, those that write too,';
  const reason = `${weight(mirror)} % of the ${what} are copied to ${candidate}; users meet ${spec.baseline} only`;
  const next: State = {
    ...state,
    phase: 'shadowing',
    stepIndex: 0,
    elapsedMs: 0,
    lacking: 'nothing',
    shadow: NOTHING_COMPARED,
    judgement: judged(spec, NOTHING_COMPARED),
    reason,
  };
  return decide(layOverlay(story, next), 'step', reason);
}

function takeIn(
  spec: ShadowSpec,
  rules: TableRules,
  before: State,
  rows: readonly ArmRow[],
  comparisons: readonly Comparisons[],
): State {
  const heard: State = { ...before, silentMs: 0 };
  if (heard.phase !== 'shadowing' || heard.shadow === null) return heard;
  const state = guard({ ...heard, totals: countTotals(heard.totals, rows) }, rows);
  if (comparisons.length === 0) return state;
  const samples = comparisons.flatMap((c) => c.samples);
  const sum = (key: 'mirrored' | 'dropped'): number => comparisons.reduce((all, c) => all + c[key], 0);
  const added = addSamples(heard.shadow, samples, rules);
  const table = { ...added, mirrored: added.mirrored + sum('mirrored'), dropped: added.dropped + sum('dropped') };
  const { candidateRequests, candidateErrors } = state.totals;
  return {
    ...state,
    shadow: table,
    judgement: judged(spec, table),
    totals: {
      ...state.totals,
      candidateRequests: candidateRequests + samples.length,
      candidateErrors: candidateErrors + samples.filter(hasFailed).length,
    },
  };
}

function hasFailed({ candidate: { status } }: ComparisonSample): boolean {
  return status === 0 || status >= 500;
}

function judged({ analysis }: ShadowSpec, table: ShadowTable): Judgement {
  const { mirrored, dropped, learnt, pairs } = table;
  return {
    ...judgeShadow(table, analysis),
    copies: { mirrored, dropped, learnt, learn: analysis.learn, compared: pairs },
  };
}

/** shadowing -> rolling-back with a verdict, never before run.min; INCONCLUSIVE after run.max or the deadline. */
function leaveShadowing(story: Story, spec: ShadowSpec, state: State): Transition | undefined {
  const { verdict, reason } = state.judgement;
  if (deadlineOver(story, state)) return stop(story, state, `${deadlineSentence(story)}: ${openReason(state)}`);
  if (state.elapsedMs < spec.run.min) return notice(story, state, isUnmet(state));
  if (verdict === 'FAIL') return rollBack(story, { ...state, verdict: 'FAIL' }, 'verdict', `not the same: ${reason}`);
  if (verdict === 'PASS' && droppedShare(state) <= MAX_DROPPED)
    return complete(story, state, `${spec.candidate} answers as ${spec.baseline} does: ${reason}`);
  if (state.elapsedMs >= spec.run.max)
    return stop(story, state, `no verdict after ${formatDuration(spec.run.max)}: ${openReason(state)}`);
  return notice(story, state, isUnmet(state));
}

/** -> rolling-back, INCONCLUSIVE. */
function stop(story: Story, state: State, why: string): Transition {
  return rollBack(story, state, 'verdict', `the copying ended: ${why}`);
}

function openReason({ shadow: table, judgement }: State): string {
  if (table === null || table.mirrored === 0) return 'no request was copied';
  if (table.learnt + table.pairs === 0)
    return `${plural(table.mirrored, 'request')} copied, and none could be compared (${count(table.dropped)} dropped)`;
  if (judgement.verdict !== 'PASS') return judgement.reason;
  const share = percent(droppedShare({ shadow: table }));
  return `${share} % of the comparisons came to nothing, and those may be the ones that differ; ${judgement.reason}`;
}

function droppedShare({ shadow: table }: Pick<State, 'shadow'>): number {
  if (table === null || table.dropped === 0) return 0;
  return table.dropped / (table.dropped + table.learnt + table.pairs);
}

/** Nobody has come for so long that it is worth saying. */
function isUnmet(state: State): boolean {
  return state.elapsedMs >= QUIET_MS && !hasCopies(state);
}

function hasCopies({ shadow: table }: State): boolean {
  return table !== null && table.mirrored > 0;
}

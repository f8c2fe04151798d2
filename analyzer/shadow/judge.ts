/** From what was seen to a verdict on each field, and on all of them together. Pure. */
import { quantile } from '../../contracts/histogram.ts';
import type { FieldDifference, Judgement, MetricEvidence, Verdict } from '../../contracts/verdict.ts';
import { eValue } from '../math/log-mean-exp.ts';
import { count, evidence, percent } from '../sequential/wording.ts';
import { differsLogE, discoveryThreshold, excessInterval, safeLogE } from './evidence.ts';
import type { PairedCounts } from './evidence.ts';
import type { FieldCounts, ShadowTable } from './table.ts';

export type ShadowRules = {
  /** The share of false ones among the differences that are reported, and the chance of a false PASS. */
  readonly alpha: number;
  /** A field that differs in fewer more answers than this is safe. Shares of all answers, 0 … 1. */
  readonly margin: number;
  /** Of a field that differed by itself while the noise was learnt. */
  readonly noisyMargin: number;
  /** How much slower, 0.25: by a quarter, the median may be. */
  readonly tolerance: number;
  readonly learn: number;
};

const LATENCY = 'latency p50';
/** What a person can read; those that differ come first. */
const SHOWN_FIELDS = 25;

type Judged = {
  readonly name: string;
  readonly counts: FieldCounts;
  readonly paired: PairedCounts;
  readonly logE: number;
  readonly logSafe: number;
  readonly verdict: Verdict;
};

export function judgeShadow(table: ShadowTable, rules: ShadowRules): Judgement {
  if (table.learnt < rules.learn || table.pairs === 0) return learning(table, rules);
  const latencyLogE = differsLogE({ candidateOnly: table.slower, againOnly: table.notSlower });
  const fields = Object.entries(table.fields).map(([name, counts]) => measure(table, rules, name, counts));
  const threshold = discoveryThreshold([latencyLogE, ...fields.map((f) => f.logE)], rules.alpha);
  const judged = fields.map((f) => ({ ...f, verdict: verdictOf(f.logE, f.logSafe, threshold, rules.alpha) }));
  const needed = Math.min(threshold, Math.log((fields.length + 1) / rules.alpha));
  const latency = latencyEvidence(table, rules, latencyLogE, threshold, needed);
  const answers = answersEvidence(table, rules, judged, needed);
  return {
    ...conclude(judged, answers, latency),
    metrics: [answers, latency],
    differences: judged
      .filter(({ counts }) => counts.candidateOnly + counts.againOnly + counts.both + counts.noise > 0)
      .sort((a, b) => b.logE - a.logE || b.counts.candidateOnly - a.counts.candidateOnly)
      .slice(0, SHOWN_FIELDS)
      .map((field) => differenceOf(table, rules, field, needed)),
  };
}

function learning(table: ShadowTable, rules: ShadowRules): Judgement {
  const noisy = Object.values(table.fields).filter(({ noise }) => noise > 0).length;
  const reason =
    `learning what differs by itself: ${count(table.learnt)} of ${count(rules.learn)} answers of the baseline ` +
    `asked twice, ${count(noisy)} of ${count(Object.keys(table.fields).length)} fields are noisy so far`;
  return { verdict: 'PENDING', reason, metrics: [] };
}

function measure(table: ShadowTable, rules: ShadowRules, name: string, counts: FieldCounts): Judged {
  const paired = { pairs: table.pairs, candidateOnly: counts.candidateOnly, againOnly: counts.againOnly };
  const logSafe = safeLogE(paired, marginOf(rules, counts));
  return { name, counts, paired, logE: differsLogE(paired), logSafe, verdict: 'PENDING' };
}

function marginOf(rules: ShadowRules, { noise }: FieldCounts): number {
  return noise > 0 ? rules.noisyMargin : rules.margin;
}

function verdictOf(logE: number, logSafe: number, threshold: number, alpha: number): Verdict {
  if (logE >= threshold) return 'FAIL';
  return logSafe >= Math.log(1 / alpha) ? 'PASS' : 'PENDING';
}

function conclude(
  fields: readonly Judged[],
  answers: MetricEvidence,
  latency: MetricEvidence,
): Pick<Judgement, 'verdict' | 'reason'> {
  const both = [answers, latency];
  const failed = both.filter((m) => m.verdict === 'FAIL');
  const said = failed.length > 0 ? failed : both.filter((m) => m.verdict === 'PENDING');
  if (said.length === 0)
    return { verdict: 'PASS', reason: `no field of ${count(fields.length)} differs; ${answers.rule}; ${latency.rule}` };
  return { verdict: failed.length > 0 ? 'FAIL' : 'PENDING', reason: said.map((m) => m.rule).join('; ') };
}

/** All fields in one row: the one that speaks most against the candidate, and the one that holds the PASS up. */
function answersEvidence(
  table: ShadowTable,
  rules: ShadowRules,
  fields: readonly Judged[],
  needed: number,
): MetricEvidence {
  const failed = fields.filter((f) => f.verdict === 'FAIL').sort((a, b) => b.logE - a.logE);
  const worst = failed[0] ?? fields.toSorted((a, b) => b.logE - a.logE || a.logSafe - b.logSafe)[0];
  const least = Math.min(...fields.map((f) => f.logSafe));
  const open = fields.filter((f) => f.verdict === 'PENDING');
  const verdict: Verdict = failed.length > 0 ? 'FAIL' : open.length > 0 ? 'PENDING' : 'PASS';
  const { candidateOnly = 0, againOnly = 0, both = 0, noise = 0 } = worst?.counts ?? {};
  const share = (n: number): number => n / table.pairs;
  return {
    name: 'answers',
    unit: 'share',
    verdict,
    baseline: { requests: table.pairs, value: share(againOnly + both) },
    candidate: { requests: table.pairs, value: share(candidateOnly + both) },
    effect: share(candidateOnly - againOnly),
    interval: worst ? excessInterval(worst.paired, rules.alpha) : null,
    limit: noise > 0 ? rules.noisyMargin : rules.margin,
    eRegressed: corrected(worst?.logE ?? 0, needed, rules),
    eSafe: eValue(least),
    threshold: 1 / rules.alpha,
    missingCandidateRequests: null,
    rule: answersRule(table, failed, open, fields.length),
  };
}

function answersRule(table: ShadowTable, failed: readonly Judged[], open: readonly Judged[], fields: number): string {
  const [first] = failed;
  if (first) {
    const others = failed.length > 1 ? `; ${count(failed.length - 1)} more fields differ` : '';
    return `${sentence(table, first)}${others}`;
  }
  const compared = `${count(table.pairs)} answers compared`;
  if (open.length === 0) return `${compared}, every field within its margin`;
  const [nearest] = open.toSorted((a, b) => b.logE - a.logE || a.logSafe - b.logSafe);
  const what = nearest && nearest.counts.candidateOnly > 0 ? `; ${sentence(table, nearest)}` : '';
  return `${compared}, ${count(fields - open.length)} of ${count(fields)} fields are shown to be safe${what}`;
}

function sentence(table: ShadowTable, { name, counts, logE }: Judged): string {
  const of = (n: number): string => `${percent(n / table.pairs)} %`;
  return (
    `${name} differs in ${of(counts.candidateOnly + counts.both)} of ${count(table.pairs)} answers, in ` +
    `${of(counts.againOnly + counts.both)} by itself; e-value ${evidence(eValue(logE))}`
  );
}

/** What the e-value speaks for. */
const SURELY: Readonly<Record<Verdict, string>> = {
  PASS: ', surely fewer than half',
  FAIL: ', surely more than half',
  PENDING: '',
  INCONCLUSIVE: '',
};

function latencyEvidence(
  table: ShadowTable,
  rules: ShadowRules,
  logE: number,
  threshold: number,
  needed: number,
): MetricEvidence {
  const { slower, notSlower, candidateLatency, againLatency } = table;
  const logSafe = differsLogE({ candidateOnly: notSlower, againOnly: slower });
  const verdict = verdictOf(logE, logSafe, threshold, rules.alpha);
  const ms = (buckets: ShadowTable['againLatency']): number | null => {
    const us = quantile(buckets, 0.5);
    return us === undefined ? null : us / 1_000;
  };
  const [before, after] = [ms(againLatency), ms(candidateLatency)];
  const pairs = slower + notSlower;
  return {
    name: LATENCY,
    unit: 'ms',
    verdict,
    baseline: { requests: pairs, value: before },
    candidate: { requests: pairs, value: after },
    effect: before === null || after === null || before === 0 ? null : after / before - 1,
    interval: null,
    limit: rules.tolerance,
    eRegressed: corrected(logE, needed, rules),
    eSafe: eValue(logSafe),
    threshold: 1 / rules.alpha,
    missingCandidateRequests: null,
    rule:
      `the candidate is slower by more than ${percent(rules.tolerance)} % in ${count(slower)} of ${count(pairs)} pairs ` +
      `of answers${SURELY[verdict]}; e-value ${evidence(eValue(verdict === 'PASS' ? logSafe : logE))}`,
  };
}

/** As if it were the only hypothesis: what reaches 1 / alpha is a discovery among all. */
function corrected(logE: number, needed: number, { alpha }: ShadowRules): number {
  return eValue(logE - needed - Math.log(alpha));
}

function differenceOf(table: ShadowTable, rules: ShadowRules, field: Judged, needed: number): FieldDifference {
  const { name, counts, paired, logE, verdict } = field;
  return {
    path: name,
    verdict,
    noise: counts.noise / table.learnt,
    pairs: table.pairs,
    candidateOnly: counts.candidateOnly,
    againOnly: counts.againOnly,
    both: counts.both,
    excess: (counts.candidateOnly - counts.againOnly) / table.pairs,
    interval: excessInterval(paired, rules.alpha),
    margin: marginOf(rules, counts),
    eValue: eValue(logE),
    threshold: eValue(needed),
    examples: counts.examples.map((example) => ({ ...example })),
  };
}

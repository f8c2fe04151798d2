/** The evidence of a report as rows, the same in every format and for every kind of experiment. Pure. */
import { PPM } from '../../contracts/units.ts';
import type {
  ArmsEvidence,
  CheckEvidence,
  FieldDifference,
  GoalEvidence,
  GuardEvidence,
  MetricEvidence,
  TestArmEvidence,
  Verdict,
} from '../../contracts/verdict.ts';
import { metricTitle } from '../text/experiment.ts';
import { checkCells, count, effect, interval, metricValue, percent, UNKNOWN, weight } from '../text/figures.ts';
import type { Report, ReportFault } from './model.ts';

export const EVIDENCE_COLUMNS = [
  'Metric',
  'Baseline',
  'Candidate',
  'Effect',
  'Interval',
  'Limit',
  'Requests',
  'Verdict',
];

export type EvidenceRow = {
  readonly cells: readonly string[];
  readonly verdict: Verdict;
  readonly name: string;
  readonly rule: string;
};

/** A row a metric, then a row a check, a guard, a goal of an arm, a field that differs, a fault. */
export function evidenceRows({ judgement, faults }: Report): readonly EvidenceRow[] {
  return [
    ...(judgement?.metrics ?? []).map(metricRow),
    ...(judgement?.checks ?? []).map(checkRow),
    ...(judgement?.guards ?? []).map(guardRow),
    ...(judgement?.arms ? armRows(judgement.arms) : []),
    ...(judgement?.differences ?? []).map(fieldRow),
    ...faults.map(faultRow),
  ];
}

function metricRow(m: MetricEvidence): EvidenceRow {
  const requests = `${count(m.baseline.requests)} / ${count(m.candidate.requests)}`;
  const values = [metricValue(m.unit, m.baseline.value), metricValue(m.unit, m.candidate.value)];
  const figures = [...values, effect(m.unit, m.effect), interval(m.unit, m.interval), effect(m.unit, m.limit)];
  return { cells: [metricTitle(m), ...figures, requests, m.verdict], verdict: m.verdict, name: m.name, rule: m.rule };
}

function checkRow(c: CheckEvidence): EvidenceRow {
  const { baseline, candidate, limit, answers } = checkCells(c);
  const cells = [c.name, baseline, candidate, UNKNOWN, UNKNOWN, limit, answers, c.verdict];
  return { cells, verdict: c.verdict, name: c.name, rule: c.rule };
}

/** A guard has no figure of its own: its rule says what it saw. */
function guardRow({ name, verdict, rule }: GuardEvidence): EvidenceRow {
  return {
    cells: [`guard ${name}`, ...new Array<string>(6).fill(UNKNOWN), verdict],
    verdict,
    name: `guard ${name}`,
    rule,
  };
}

/** Every other arm against the first, by goal; then whether the users came in the shares that were asked for. */
function armRows(evidence: ArmsEvidence): readonly EvidenceRow[] {
  const [first, ...others] = evidence.arms;
  if (!first) return [];
  const goals = others.flatMap((arm) =>
    arm.goals.map((goal, i) => goalRow(first, first.goals[i], arm, goal, evidence.alphaEach)),
  );
  return [...goals, ratioRow(evidence)];
}

function goalRow(
  first: TestArmEvidence,
  base: GoalEvidence | undefined,
  arm: TestArmEvidence,
  goal: GoalEvidence,
  alphaEach: number,
): EvidenceRow {
  const verdict = goal.says === 'better' ? 'PASS' : goal.says === 'worse' ? 'FAIL' : 'PENDING';
  const name = `${arm.version}: ${goal.name}`;
  const rule =
    `${goal.says === 'open' || goal.says === null ? 'not surely better or worse' : `surely ${goal.says}`} than ` +
    `${first.version}: ${effect('ms', goal.effect)} in ${interval('ms', goal.interval)}, ${goal.better} is better, ` +
    `alpha ${alphaEach}; ${users(arm)} reached it ${count(goal.count)} times`;
  const values = [byUsers(base?.perUser ?? null), byUsers(goal.perUser)];
  const figures = [...values, effect('ms', goal.effect), interval('ms', goal.interval), UNKNOWN];
  return {
    cells: [name, ...figures, `${count(first.requests)} / ${count(arm.requests)}`, verdict],
    verdict,
    name,
    rule,
  };
}

/** `18.3 by 100 users`. */
function byUsers(perUser: number | null): string {
  return perUser === null ? UNKNOWN : `${Number((100 * perUser).toPrecision(3))} by 100 users`;
}

function users({ version, users: known }: TestArmEvidence): string {
  return known === null ? `the users of ${version}` : `about ${count(known)} users of ${version}`;
}

function ratioRow({ arms, sampleRatio: { counted, eValue, threshold } }: ArmsEvidence): EvidenceRow {
  const verdict = eValue >= threshold ? 'INCONCLUSIVE' : 'PASS';
  const shares = arms
    .map((arm, i) => `${arm.version} ${count(counted[i] ?? 0)} for ${weight(arm.sharePpm)}`)
    .join(', ');
  const name = 'sample ratio';
  const speaks = eValue >= threshold ? 'speaks against' : 'says nothing against';
  const rule = `users by arm: ${shares}; the e-value ${Number(eValue.toPrecision(2))} ${speaks} the weights (limit ${count(threshold)})`;
  const asked = arms.map((arm) => weight(arm.sharePpm)).join(' / ');
  const all = counted.reduce((sum, n) => sum + n, 0);
  const met = counted.map((n) => (all === 0 ? UNKNOWN : weight((n / all) * PPM))).join(' / ');
  const cells = [name, asked, met, UNKNOWN, UNKNOWN, UNKNOWN, `${count(all)} users`, verdict];
  return { cells, verdict, name, rule };
}

function fieldRow(f: FieldDifference): EvidenceRow {
  const shares = [percent(f.noise, 3), percent(f.pairs === 0 ? null : (f.candidateOnly + f.both) / f.pairs, 3)];
  const effects = [effect('share', f.excess), interval('share', f.interval), effect('share', f.margin)];
  const example = f.examples[0];
  const seen = example ? `, such as ${example.baseline} and ${example.candidate} for ${example.request}` : '';
  const rule =
    `${count(f.candidateOnly)} of ${count(f.pairs)} answers differed only for the candidate, ` +
    `${count(f.againOnly)} only by themselves; e-value ${Number(f.eValue.toPrecision(2))} of ${count(f.threshold)}${seen}`;
  return {
    cells: [f.path, ...shares, ...effects, `${count(f.pairs)} pairs`, f.verdict],
    verdict: f.verdict,
    name: f.path,
    rule,
  };
}

/** A fault that touched nothing shows nothing. */
function faultRow({ name: fault, target, hits }: ReportFault): EvidenceRow {
  const name = `fault ${fault}`;
  const verdict = hits > 0 ? 'PASS' : 'INCONCLUSIVE';
  const rule = hits > 0 ? `met ${target} ${count(hits)} times` : `touched nothing of ${target}: nothing was shown`;
  return { cells: [name, ...new Array<string>(5).fill(UNKNOWN), `${count(hits)} hits`, verdict], verdict, name, rule };
}

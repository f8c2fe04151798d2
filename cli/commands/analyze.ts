/** `analyze`: the live judge over a recording, so that a team can try it on the release that it shipped yesterday. */
import { resolve } from 'node:path';
import type { JudgeConfig } from '../../analyzer/sequential/judge.ts';
import type { RequestVerdict } from '../../analyzer/requests/request-judge.ts';
import { Analysis } from '../../contracts/canary.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { EXIT_OF_VERDICT } from '../../contracts/verdict.ts';
import { parseFieldMap } from '../analyze/field-map.ts';
import type { ArmNames } from '../analyze/field-map.ts';
import { judgeRecording } from '../analyze/judge-recording.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION } from '../command.ts';
import { isExperiment, loadValid } from '../documents/load.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { analyzeSeries } from '../series/analyze-series.ts';
import { SERIES_OPTIONS } from '../series/options.ts';
import type { Terminal } from '../terminal.ts';
import { evidenceTable, paintVerdict } from '../text/experiment.ts';
import { count } from '../text/figures.ts';

const OF_REQUESTS = ['experiment', 'map', 'arms'] as const;

export const analyze: CommandSpec = {
  name: 'analyze',
  summary: 'Judge recorded requests as the live judge would, or two series',
  details:
    'BASELINE and CANDIDATE are series of one or more metrics: CSV with a header, JSON ([1, 2] or {"metric": [1, 2]}),\n' +
    'an answer of /api/v1/query_range of Prometheus, or recorded requests. Metrics pair by name.\n\n' +
    'With --requests, the recording has one JSON object a line: {"t": 12.3, "arm": "candidate", "status": 200, "latencyMs": 8.1, "share": 0.1}.\n' +
    "share is the candidate's share of the traffic when the request was assigned; client, endpoint and attempt are optional.\n" +
    '--map reads JSON access logs of nginx, Envoy or anything else. The exit code is that of `run`; a recording that ends\n' +
    'without a verdict is INCONCLUSIVE.',
  examples: [
    ['meshproof analyze v1.csv v2.csv --direction increase', 'two series, by confidence sequences of their means'],
    ['meshproof analyze v1.json v2.json --judge kayenta --pass 95 --marginal 75', 'as Kayenta would'],
    ['meshproof analyze --requests requests.ndjson', 'with the default metrics: success-rate and latency p99'],
    ['meshproof analyze --requests requests.ndjson --experiment canary.yaml -o json', 'with the metrics of a canary'],
    [
      'meshproof analyze --requests access.log --map arm=upstream_version,t=msec,latencyMs=request_time*1000 --arms v1,v2',
      'an access log',
    ],
  ],
  arguments: [
    { name: '[baseline]', description: 'a file of series' },
    { name: '[candidate]', description: 'a file of series' },
  ],
  options: [
    { flags: '--requests <file>', description: 'recorded requests; - for standard input' },
    { flags: '--experiment <file>', description: 'a canary: its alpha, its metrics, and the names of its versions' },
    { flags: '--map <fields>', description: 'FIELD=SOURCE[*NUMBER],... for logs that have other names' },
    {
      flags: '--arms <baseline,candidate>',
      description: 'what the log calls the two arms (default: the versions of the canary)',
    },
    ...SERIES_OPTIONS,
    OUTPUT_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const [baseline, candidate, requests] = [args.optional(0), args.optional(1), options.text('requests')];
    if (requests === undefined && baseline !== undefined && candidate !== undefined) {
      const alien = OF_REQUESTS.find((name) => options.text(name) !== undefined);
      if (alien !== undefined)
        throw new UsageError(
          `--${alien} is about recorded requests`,
          'give them with --requests FILE, or leave it out',
        );
      return analyzeSeries({ terminal, options }, baseline, candidate);
    }
    if (requests === undefined || baseline !== undefined)
      throw new UsageError('what is to be judged?', 'meshproof analyze BASELINE CANDIDATE, or --requests FILE');
    const plan = await planOf(options.text('experiment'), terminal);
    if (!plan) return EXIT.INVALID_INPUT;
    const [mapText, armText] = [options.text('map'), options.text('arms')];
    const isOurs = mapText === undefined && armText === undefined;
    const map = isOurs ? undefined : parseFieldMap(mapText, armNames(armText, plan.arms));
    const path = requests;
    const result = await judgeRecording(path === '-' ? path : resolve(terminal.cwd, path), plan.config, map);
    if (result.requests === 0) {
      throw new UsageError(
        `${path} holds no request that could be read (${count(result.lines)} lines)`,
        'each line needs arm ("baseline" or "candidate") and status; see meshproof analyze --help for --map',
      );
    }
    const verdict: Verdict = result.verdict === 'PENDING' ? 'INCONCLUSIVE' : result.verdict;
    if (options.json) terminal.out(`${JSON.stringify(asJson(result, verdict), null, 2)}\n`);
    else show(terminal, result, verdict);
    return EXIT_OF_VERDICT[verdict];
  },
};

type Plan = { readonly config: JudgeConfig; readonly arms: ArmNames };

async function planOf(file: string | undefined, terminal: Terminal): Promise<Plan | undefined> {
  if (file === undefined) return { config: Analysis.parse({}), arms: { baseline: 'baseline', candidate: 'candidate' } };
  const documents = await loadValid([file], terminal);
  if (!documents) return undefined;
  const experiment = documents.find(isExperiment);
  if (!experiment) throw new UsageError(`${file} holds no experiment`, 'name a file with a Canary');
  const { kind, spec } = experiment.document;
  if (kind === 'ABTest')
    throw new UsageError(`${file} holds an ABTest`, 'it compares users by their goals; name a file with a Canary');
  if (kind === 'Chaos')
    throw new UsageError(`${file} holds a Chaos`, 'it compares no versions; name a file with a Canary');
  if (kind === 'Shadow')
    throw new UsageError(`${file} holds a Shadow`, 'it compares answers field by field; name a file with a Canary');
  const { baseline, candidate, analysis } = spec;
  return { config: analysis, arms: { baseline, candidate } };
}

function armNames(text: string | undefined, fallback: ArmNames): ArmNames {
  if (text === undefined) return fallback;
  const [baseline, candidate, ...more] = text.split(',');
  if (!baseline || !candidate || more.length > 0)
    throw new UsageError(`--arms "${text}" cannot be read`, 'write BASELINE,CANDIDATE');
  return { baseline, candidate };
}

function asJson(result: RequestVerdict, verdict: Verdict): Record<string, unknown> {
  const { decidedAt, judgement, lines, requests, retries, unreadable, clustered, shareEstimated } = result;
  return {
    verdict,
    decidedAt,
    reason: judgement.reason,
    metrics: judgement.metrics,
    lines,
    requests,
    retries,
    unreadable,
    clustered,
    shareEstimated,
  };
}

function show(terminal: Terminal, result: RequestVerdict, verdict: Verdict): void {
  const { decidedAt, judgement } = result;
  const when =
    decidedAt === null
      ? `no verdict after ${count(result.requests)} requests`
      : `after ${count(decidedAt.requests)} requests, ${count(decidedAt.candidateRequests)} of them on the candidate, at t = ${JSON.stringify(decidedAt.t)}`;
  terminal.out(
    `${paintVerdict(verdict, terminal.colors)}  ${when}\n${judgement.reason}\n\n${evidenceTable(result, terminal.colors)}`,
  );
  if (result.unreadable > 0)
    terminal.err(
      `${count(result.unreadable)} of ${count(result.lines)} lines are not recorded requests and were left out\n`,
    );
  if (result.shareEstimated > 0)
    terminal.err(
      `${count(result.shareEstimated)} requests had no share; it was estimated from the requests before them\n`,
    );
}

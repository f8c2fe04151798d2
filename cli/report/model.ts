/** What a report says, read from the entries of one journal. Pure; the formats only lay it out. */
import { z } from 'zod';
import { TERMINAL_PHASES } from '../../contracts/experiment.ts';
import type { ChainReport, JournalEntry } from '../../contracts/experiment.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { Judgement, Verdict } from '../../contracts/verdict.ts';
import { withoutSecrets } from './secrets.ts';
import { seriesOf, Totals } from './series.ts';
import type { Series } from './series.ts';

export type Moment = {
  readonly seq: number;
  readonly at: string;
  readonly afterMs: number;
  readonly type: string;
  readonly message: string;
};

/** @property target - the service, or `process of` it @property hits - requests, connections or processes that met it */
export type ReportFault = { readonly name: string; readonly target: string; readonly hits: number };

export type Report = {
  readonly experiment: string;
  readonly run: string;
  readonly kind: string;
  readonly description: string | null;
  readonly service: string | null;
  readonly baseline: string | null;
  readonly candidate: string | null;
  /** Versions, the first being what the others are compared with; empty where the kind has no arms. */
  readonly arms: readonly string[];
  readonly verdict: Verdict;
  /** `promoted`, `rolled-back`, `damaged`; `running` before that. */
  readonly outcome: string;
  readonly reason: string;
  /** Who ended it, where that was a person or the halt. */
  readonly endedBy: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly lastedMs: number;
  /** Of a kind that has one: how well the service bore it, 0 … 100. */
  readonly score: number | null;
  /** Of a kind that breaks something: what of it met anything. Empty where it is not known. */
  readonly faults: readonly ReportFault[];
  readonly totals: z.output<typeof Totals> | null;
  readonly judgement: Judgement | null;
  /** What the kind says beyond the judgement, in the entry that decided. */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly timeline: readonly Moment[];
  readonly series: Series;
  /** As it was declared; values that are secrets are left out. */
  readonly declared: SourceDocument;
  readonly chain: ChainReport;
};

const Target = z.looseObject({ service: z.string() });

const Declared = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), description: z.string().optional() }),
  spec: z.looseObject({
    service: z.string().optional(),
    baseline: z.string().optional(),
    candidate: z.string().optional(),
    arms: z.array(z.looseObject({ version: z.string() })).optional(),
    faults: z
      .array(z.looseObject({ name: z.string(), fault: Target.optional(), process: Target.optional() }))
      .optional(),
  }),
});

const END_TYPES: readonly string[] = [...TERMINAL_PHASES, 'damaged'];
/** What is told of the machinery, not of the experiment. */
const UNTOLD: readonly string[] = ['checkpoint', 'done'];
/** Keys of an entry's data that stand elsewhere in the report. */
const KNOWN_KEYS: readonly string[] = [
  ...['verdict', 'judgement', 'totals', 'score', 'by', 'source', 'state', 'code', 'effect'],
  ...['users', 'hits'],
];

/** @throws MeshproofError JOURNAL_DAMAGED when the first entry does not declare an experiment */
export function reportOf(entries: readonly JournalEntry[], chain: ChainReport): Report {
  const [first, last] = [entries[0], entries.at(-1)];
  const declared = Declared.safeParse(first?.data['source']);
  if (!first || !last || !declared.success)
    throw new MeshproofError('JOURNAL_DAMAGED', 'entry 0 does not declare an experiment');
  const { kind, metadata, spec } = declared.data;
  const end = entries.findLast((entry) => END_TYPES.includes(entry.type));
  const decided = entries.findLast((entry) => 'verdict' in entry.data && !END_TYPES.includes(entry.type));
  const startMs = Date.parse(first.at);
  return {
    experiment: metadata.name,
    run: first.experimentId,
    kind,
    description: metadata.description ?? null,
    service: spec.service ?? null,
    baseline: spec.baseline ?? null,
    candidate: spec.candidate ?? null,
    arms: (spec.arms ?? []).map((arm) => arm.version),
    verdict: end ? (found(entries, 'verdict', Verdict) ?? 'INCONCLUSIVE') : 'PENDING',
    outcome: end?.type ?? 'running',
    reason: (end?.type === 'damaged' ? end : (decided ?? last)).message,
    endedBy: found(decided ? [decided] : [], 'by', z.string()),
    startedAt: first.at,
    endedAt: end?.at ?? null,
    lastedMs: Math.max(0, Date.parse((end ?? last).at) - startMs),
    score: found(entries, 'score', z.number()),
    faults: faultsOf(spec.faults ?? [], found(entries, 'hits', z.record(z.string(), z.number()))),
    totals: found(entries, 'totals', Totals),
    judgement: found(entries, 'judgement', Judgement),
    evidence: Object.fromEntries(Object.entries(decided?.data ?? {}).filter(([key]) => !KNOWN_KEYS.includes(key))),
    timeline: entries
      .filter(({ type }) => !UNTOLD.includes(type))
      .map(({ seq, at, type, message }) => ({ seq, at, afterMs: Date.parse(at) - startMs, type, message })),
    series: seriesOf(entries, startMs, spec.candidate ?? null, kind === 'Chaos'),
    declared: withoutSecrets(declared.data),
    chain,
  };
}

function faultsOf(
  declared: NonNullable<z.output<typeof Declared>['spec']['faults']>,
  hits: Readonly<Record<string, number>> | null,
): ReportFault[] {
  if (hits === null) return [];
  return declared.map(({ name, fault, process }) => ({
    name,
    target: fault?.service ?? `process of ${process?.service ?? 'a service'}`,
    hits: hits[name] ?? 0,
  }));
}

/** The value under `key` that was written last and has the form of `schema`. */
function found<T>(entries: readonly JournalEntry[], key: string, schema: z.ZodType<T>): T | null {
  for (const entry of entries.toReversed()) {
    const parsed = key in entry.data ? schema.safeParse(entry.data[key]) : undefined;
    if (parsed?.success) return parsed.data;
  }
  return null;
}

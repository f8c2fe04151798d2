/** The figures of a journal over time, for the charts of a report. Pure. */
import { z } from 'zod';
import type { JournalEntry } from '../../contracts/experiment.ts';
import type { CheckEvidence, MetricEvidence } from '../../contracts/verdict.ts';
import { Judgement } from '../../contracts/verdict.ts';
import { ArmSplit } from '../../contracts/arm-split.ts';
import { PPM } from '../../contracts/units.ts';

export const Totals = z.looseObject({
  baselineRequests: z.number(),
  candidateRequests: z.number(),
  candidateErrors: z.number(),
  shielded: z.number(),
});

export type WeightPoint = { readonly afterMs: number; readonly ppm: number };
export type RequestPoint = {
  readonly afterMs: number;
  readonly baseline: number;
  readonly candidate: number;
  readonly errors: number;
};
export type EffectPoint = {
  readonly afterMs: number;
  readonly effect: number;
  /** Null where there is no bound yet. */
  readonly low: number | null;
  readonly high: number | null;
};
export type MetricSeries = {
  readonly name: string;
  readonly unit: MetricEvidence['unit'];
  readonly limit: number;
  readonly points: readonly EffectPoint[];
};

/** A figure with limits of its own: a check of a release, or the steady state of Chaos. */
export type CheckSeries = {
  readonly name: string;
  /** The bound that it must keep, where it has one. */
  readonly limit: number | null;
  readonly points: readonly { readonly afterMs: number; readonly value: number }[];
};

export type Series = {
  /** The candidate's share from this moment on, as proxies were told. */
  readonly weights: readonly WeightPoint[];
  /** Since the start. */
  readonly requests: readonly RequestPoint[];
  readonly metrics: readonly MetricSeries[];
  readonly checks: readonly CheckSeries[];
};

const Effect = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('set-overlay'),
    overlay: z.looseObject({ candidatePpm: z.number(), split: ArmSplit.optional() }),
  }),
  z.looseObject({ type: z.literal('drop-overlay') }),
  z.looseObject({ type: z.literal('move-stable'), to: z.string() }),
]);

const PART = / (before|during|after)$/;
/** Bounds beyond this say only that there is none yet. */
const UNBOUNDED = 10;

/**
 * @param startMs - Unix time of the first entry @param candidate - the version, where the experiment has one
 * @param isChaos - its checks are one figure before, during and after the faults
 */
export function seriesOf(
  entries: readonly JournalEntry[],
  startMs: number,
  candidate: string | null,
  isChaos: boolean,
): Series {
  const judged = entries.flatMap((entry) => {
    const parsed = Judgement.safeParse(entry.data['judgement']);
    if (!parsed.success) return [];
    const { checks = [] } = parsed.data;
    return [{ afterMs: Date.parse(entry.at) - startMs, metrics: effectsOf(parsed.data), checks }];
  });
  const names = [...new Set(judged.flatMap(({ metrics }) => metrics.map((m) => m.name)))];
  return {
    weights: weightsOf(entries, startMs, candidate),
    requests: entries.flatMap((entry) => {
      const parsed = Totals.safeParse(entry.data['totals']);
      if (!parsed.success) return [];
      const { baselineRequests: baseline, candidateRequests, candidateErrors: errors } = parsed.data;
      return [{ afterMs: Date.parse(entry.at) - startMs, baseline, candidate: candidateRequests, errors }];
    }),
    metrics: names.flatMap((name) => metricSeries(name, judged)),
    checks: checkSeries(judged, isChaos),
  };
}

type Checked = { readonly afterMs: number; readonly checks: readonly CheckEvidence[] };

/** Each value once: a check is asked more seldom than the journal is written. */
function checkSeries(judged: readonly Checked[], isChaos: boolean): CheckSeries[] {
  const series = new Map<string, { limit: number | null; points: { afterMs: number; value: number }[] }>();
  for (const { afterMs, checks } of judged) {
    // Of a figure in several parts, the part that goes on stands last.
    const now = new Map(checks.map((check) => [isChaos ? check.name.replace(PART, '') : check.name, check]));
    for (const [name, { value, range }] of now) {
      const own = series.get(name) ?? { limit: range.min ?? range.max ?? null, points: [] };
      if (value !== null && own.points.at(-1)?.value !== value) own.points.push({ afterMs, value });
      series.set(name, own);
    }
  }
  return [...series].map(([name, own]) => ({ name, ...own })).filter(({ points }) => points.length > 0);
}

type Measured = Pick<MetricEvidence, 'name' | 'unit' | 'effect' | 'interval' | 'limit'>;

/** Of metrics, and of the goals of every arm but the first: an effect without a limit, which 0 stands for. */
function effectsOf({ metrics, arms }: z.output<typeof Judgement>): readonly Measured[] {
  const goals = (arms?.arms ?? []).slice(1).flatMap(({ version, goals: own }) =>
    own.map(({ name, effect, interval }): Measured => {
      return { name: `${version}: ${name}`, unit: 'ms', effect, interval, limit: 0 };
    }),
  );
  return [...metrics, ...goals];
}

function metricSeries(
  name: string,
  judged: readonly { readonly afterMs: number; readonly metrics: readonly Measured[] }[],
): MetricSeries[] {
  const own = judged.flatMap(({ afterMs, metrics }) =>
    metrics.filter((m) => m.name === name).map((m) => ({ afterMs, m })),
  );
  const last = own.at(-1)?.m;
  if (!last) return [];
  const points = own.flatMap(({ afterMs, m }) =>
    m.effect === null ? [] : [{ afterMs, effect: m.effect, low: bound(m.interval?.[0]), high: bound(m.interval?.[1]) }],
  );
  return [{ name, unit: last.unit, limit: last.limit, points }];
}

function bound(value: number | undefined): number | null {
  return value === undefined || Math.abs(value) > UNBOUNDED ? null : value;
}

/** What goes to another version than the first. */
function shareOf({
  candidatePpm,
  split,
}: {
  readonly candidatePpm: number;
  readonly split?: ArmSplit | undefined;
}): number {
  if (!split) return candidatePpm;
  const all = split.arms.reduce((sum, arm) => sum + arm.weight, 0);
  return Math.round(split.sharePpm * (1 - (split.arms[0]?.weight ?? 0) / all));
}

function weightsOf(entries: readonly JournalEntry[], startMs: number, candidate: string | null): WeightPoint[] {
  let stable = false;
  return entries.flatMap((entry) => {
    const parsed = entry.type === 'done' ? Effect.safeParse(entry.data['effect']) : undefined;
    if (!parsed?.success) return [];
    const effect = parsed.data;
    if (effect.type === 'move-stable') stable = effect.to === candidate;
    const share = effect.type === 'set-overlay' && !stable ? shareOf(effect.overlay) : stable ? PPM : 0;
    return [{ afterMs: Date.parse(entry.at) - startMs, ppm: share }];
  });
}

/** The hypothesis of a Chaos experiment against what users met: evidence, conclusion and score. Pure. */
import { plural } from '../analyzer/sequential/wording.ts';
import type { ChaosSpec } from '../contracts/chaos.ts';
import type { Limit } from '../contracts/limit.ts';
import { PPM, PPM_PER_PERCENT } from '../contracts/units.ts';
import type { CheckEvidence, Judgement, Verdict } from '../contracts/verdict.ts';
import type { Counts } from './counts.ts';
import { figureOf, holds, limitName } from './limits.ts';
import type { State } from './state.ts';

export const PARTS = ['before', 'during', 'after'] as const;
export type Part = (typeof PARTS)[number];

/** Of a part that is over, whether it holds; PENDING of the one that goes on, and of those to come. */
export function hypothesis(spec: ChaosSpec, users: State['users'], now: Part | 'over'): Judgement {
  const current = now === 'over' ? PARTS.length : PARTS.indexOf(now);
  const checks = PARTS.flatMap((part, i) =>
    i > current ? [] : spec.steadyState.metrics.map((limit) => evidenceOf(limit, part, users[part], i < current)),
  );
  const failed = checks.filter((check) => check.verdict === 'FAIL');
  const verdict: Verdict = failed.length > 0 ? 'FAIL' : now === 'over' ? 'PASS' : 'PENDING';
  // A part that is over and held says nothing new while the next goes on.
  const { length } = spec.steadyState.metrics;
  const news = now === 'over' ? checks.slice(length) : checks.slice(-length);
  const said = (failed.length > 0 ? failed : news).map((check) => `${check.name}: ${check.rule}`);
  return { verdict, reason: said.join('; '), metrics: [], checks };
}

function evidenceOf(limit: Limit, part: Part, counts: Counts, over: boolean): CheckEvidence {
  const value = figureOf(limit, counts);
  const range = limit.name === 'latency' ? { max: limit.max } : { min: limit.min / PPM_PER_PERCENT };
  const within = holds(limit, counts);
  return {
    name: `${limitName(limit)} ${part}`,
    verdict: !over ? 'PENDING' : within ? 'PASS' : 'FAIL',
    value,
    range,
    measurements: counts.requests,
    failed: counts.errors,
    rule: `${shown(limit, value)} of ${plural(counts.requests, 'request')}, ${bound(limit)} wanted`,
  };
}

function shown(limit: Limit, value: number | null): string {
  if (value === null) return 'nothing was measured';
  return limit.name === 'latency' ? `${Number(value.toFixed(1))} ms` : `${Number(value.toFixed(3))} %`;
}

function bound(limit: Limit): string {
  return limit.name === 'latency' ? `at most ${limit.max} ms` : `at least ${limit.min / PPM_PER_PERCENT} %`;
}

/**
 * How well the service bore the faults: 100 where every limit held during and after. A limit that did not hold counts by
 * the ratio of what was allowed to what was met: bad requests for a success rate, milliseconds for a latency. During
 * counts 70 %, after 30 %.
 * @returns 0 … 100, whole; null without requests in either part
 */
export function resilienceScore(metrics: readonly Limit[], { during, after }: State['users']): number | null {
  if (during.requests === 0 || after.requests === 0) return null;
  const mean = (counts: Counts): number =>
    metrics.reduce((sum, limit) => sum + borne(limit, counts), 0) / metrics.length;
  return Math.round(100 * (0.7 * mean(during) + 0.3 * mean(after)));
}

function borne(limit: Limit, counts: Counts): number {
  if (holds(limit, counts)) return 1;
  const figure = figureOf(limit, counts) ?? 0;
  if (limit.name === 'latency') return Math.min(1, limit.max / figure);
  return Math.min(1, (1 - limit.min / PPM) / (1 - figure / 100));
}

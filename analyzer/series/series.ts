/** Two recorded series of one metric, and what a judge says of them. */
import type { Verdict } from '../../contracts/verdict.ts';

/** Which way is worse. */
export type Direction = 'increase' | 'decrease' | 'either';

/** In the order of time. NaN stands for a point that is missing. */
export type PairedSeries = {
  readonly name: string;
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
};

export type SeriesFigures = {
  /** Without those that are missing. */
  readonly points: number;
  readonly missing: number;
  /** null without points. */
  readonly mean: number | null;
  /** Lag-1. */
  readonly autocorrelation: number;
  /** Independent points that it is worth. */
  readonly effectivePoints: number;
};

export type SeriesEvidence = {
  readonly name: string;
  readonly verdict: Exclude<Verdict, 'PENDING'>;
  readonly baseline: SeriesFigures;
  readonly candidate: SeriesFigures;
  /** candidate / baseline - 1, of the means; null where the baseline is 0 or an arm has no points. */
  readonly effect: number | null;
  /** Of the effect, where the judge has one. */
  readonly interval: readonly [number, number] | null;
  /** The rule that decided, in one sentence with its numbers. */
  readonly rule: string;
  /** What makes the numbers less sure than they look. */
  readonly warnings: readonly string[];
};

export type SeriesJudgement = {
  readonly verdict: Exclude<Verdict, 'PENDING'>;
  readonly reason: string;
  /** Of `kayenta`: 0…100. */
  readonly score: number | null;
  readonly metrics: readonly SeriesEvidence[];
};

/** Figures as people read them. A figure that is not known is a dash, never a zero. */
import type { CheckEvidence, MetricEvidence } from '../../contracts/verdict.ts';
import { PPM_PER_PERCENT } from '../../contracts/units.ts';

export const UNKNOWN = '-';

export function count(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** @param ppm - parts per million */
export function weight(ppm: number | null): string {
  return ppm === null ? UNKNOWN : `${trim(ppm / PPM_PER_PERCENT, 1)}%`;
}

/** @param share - 0 … 1 */
export function percent(share: number | null, digits = 2): string {
  return share === null ? UNKNOWN : `${trim(share * 100, digits)}%`;
}

export function milliseconds(ms: number | null): string {
  return ms === null ? UNKNOWN : `${trim(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

export function seconds(ms: number): string {
  return `${trim(ms / 1_000, 1)} s`;
}

export function orDash(text: string | null): string {
  return text === null || text === '' ? UNKNOWN : text;
}

/** A metric's value in its own unit. */
export function metricValue(unit: MetricEvidence['unit'], value: number | null): string {
  return unit === 'share' ? percent(value, 3) : milliseconds(value);
}

/** An effect with its sign: percentage points for a share, percent for a ratio. */
export function effect(unit: MetricEvidence['unit'], value: number | null): string {
  if (value === null) return UNKNOWN;
  return `${signed(value * 100)}${unit === 'share' ? ' pp' : '%'}`;
}

export function interval(unit: MetricEvidence['unit'], bounds: readonly [number, number] | null): string {
  if (bounds === null) return UNKNOWN;
  return `[${bound(bounds[0])}, ${bound(bounds[1])}]${unit === 'share' ? ' pp' : '%'}`;
}

function bound(value: number): string {
  return Math.abs(value) > 10 ? (value < 0 ? '-inf' : 'inf') : signed(value * 100);
}

function signed(n: number): string {
  const text = trim(n, Math.abs(n) < 10 ? 2 : 1);
  return n > 0 ? `+${text}` : text;
}

function trim(n: number, digits: number): string {
  const text = n.toFixed(digits);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
}

/** What a check shows in the columns of a metric: two figures, and a range where it has one. */
export function checkCells({ value, baseline, range, measurements }: CheckEvidence): {
  readonly baseline: string;
  readonly candidate: string;
  readonly limit: string;
  readonly answers: string;
} {
  const figure = (n: number | null | undefined): string => (n == null ? UNKNOWN : String(Number(n.toPrecision(6))));
  const isCompared = range.min === undefined && range.max === undefined;
  return {
    baseline: figure(baseline),
    candidate: figure(value),
    limit: isCompared ? 'as baseline' : rangeWord(range),
    answers: `${measurements} ${isCompared ? 'judgements' : 'answers'}`,
  };
}

function rangeWord({ min, max }: CheckEvidence['range']): string {
  if (max === undefined) return `>= ${min ?? '-inf'}`;
  return min === undefined ? `<= ${max}` : `${min} .. ${max}`;
}

/** Numbers as people read them. A number that is missing is a dash, never a zero. */

export const MISSING = '–';
const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const PPM_PER_PERCENT = 10_000;

/** @param n - a count, >= 0 */
export function formatCount(n: number): string {
  if (n < 100_000) return GROUPED.format(n);
  if (n < 1_000_000) return `${Math.floor(n / 1_000)}k`;
  return `${(n / 1_000_000).toFixed(n < 10_000_000 ? 2 : 1)}M`;
}

/** @param perSecond - >= 0 */
export function formatRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond));
}

/** A duration of a request, with its unit. @param ms - null: no request was measured */
export function formatMs(ms: number | null): string {
  if (ms === null) return MISSING;
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(2)} s`;
}

/**
 * A share of successes in percent. Rounded down, so that 100% means that nothing failed.
 * @param share - 0 … 1, or null without requests
 */
export function formatSuccess(share: number | null): string {
  if (share === null) return MISSING;
  if (share >= 1) return '100%';
  return `${(Math.floor(share * 10_000 + 1e-6) / 100).toFixed(2)}%`;
}

/**
 * A share of errors in percent. Rounded up in its last place, so that 0% means that nothing failed.
 * @param share - 0 … 1, or null without requests
 */
export function formatErrors(share: number | null): string {
  if (share === null) return MISSING;
  if (share <= 0) return '0%';
  if (share < 0.1) return `${(Math.ceil(share * 10_000 - 1e-6) / 100).toFixed(2)}%`;
  return `${(share * 100).toFixed(1)}%`;
}

/** A weight or a measured share of traffic. @param ppm - parts per million; null: no traffic */
export function formatWeight(ppm: number | null): string {
  if (ppm === null) return MISSING;
  const percent = ppm / PPM_PER_PERCENT;
  const digits = Number.isInteger(percent) || percent >= 99.95 ? 0 : percent < 1 ? 2 : 1;
  return `${percent.toFixed(digits)}%`;
}

/**
 * An effect with its sign: percentage points for shares, percent for ratios of latencies.
 * @param effect - candidate - baseline (share), candidate / baseline - 1 (ms)
 */
export function formatEffect(effect: number | null, unit: 'share' | 'ms'): string {
  if (effect === null) return MISSING;
  const points = effect * 100;
  const size = Math.abs(points);
  const digits = unit === 'share' ? (size < 10 ? 2 : 1) : size < 100 ? 1 : 0;
  const text = size.toFixed(digits);
  const sign = Number(text) === 0 ? '±' : points > 0 ? '+' : '−';
  return `${sign}${text}${unit === 'share' ? ' pp' : '%'}`;
}

/** An interval of effects; the unit stands once. */
export function formatInterval([from, to]: readonly [number, number], unit: 'share' | 'ms'): string {
  return `${formatEffect(from, unit).replace(/ pp$|%$/, '')} to ${formatEffect(to, unit)}`;
}

const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** An e-value: evidence against a null hypothesis, 0 … 1e300. */
export function formatEvidence(e: number): string {
  if (e < 0.01) return '< 0.01';
  if (e < 10) return e.toFixed(2);
  if (e < 1_000_000) return GROUPED.format(Math.floor(e));
  const exponent = Math.floor(Math.log10(e));
  return `10${String(exponent).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)] ?? digit)}`;
}

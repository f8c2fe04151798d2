/** Summary figures and effect sizes as Kayenta's judge defines them (DescriptiveStatistics, EffectSizes). */

export type Summary = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of a sample: divided by n - 1; 0 for one value. */
  readonly std: number;
  readonly count: number;
};

/** All zero without data. */
export function summarise(data: readonly number[]): Summary {
  const count = data.length;
  if (count === 0) return { min: 0, max: 0, mean: 0, std: 0, count };
  return { min: Math.min(...data), max: Math.max(...data), mean: mean(data), std: std(data), count };
}

/** 0 without data. */
export function mean(data: readonly number[]): number {
  return data.length === 0 ? 0 : data.reduce((sum, x) => sum + x, 0) / data.length;
}

export function std(data: readonly number[]): number {
  if (data.length < 2) return 0;
  const centre = mean(data);
  return Math.sqrt(data.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (data.length - 1));
}

/** Linear interpolation between order statistics (Hyndman and Fan's type 7). @param p - 0…100 */
export function percentile(data: readonly number[], p: number): number {
  const sorted = [...data].sort((a, b) => a - b);
  const position = ((sorted.length - 1) * p) / 100;
  const below = Math.floor(position);
  const from = sorted[below] ?? NaN;
  const to = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return from + (position - below) * (to - from);
}

/** The ratio of the means; NaN when either is 0. */
export function meanRatio(control: readonly number[], experiment: readonly number[]): number {
  const from = mean(control);
  const to = mean(experiment);
  return from === 0 || to === 0 ? NaN : to / from;
}

/** The share of pairs in which the experiment is larger, ties counting half (common language effect size). */
export function cles(control: readonly number[], experiment: readonly number[]): number {
  const ranked = ranks([...experiment, ...control]).ranks.slice(0, experiment.length);
  const m = experiment.length;
  const sum = ranked.reduce((total, rank) => total + rank, 0);
  return (2 * sum - m * (m + 1)) / (2 * m * control.length);
}

/** The difference of the means in pooled standard deviations. */
export function cohenD(control: readonly number[], experiment: readonly number[]): number {
  const pooled = Math.sqrt((std(control) ** 2 + std(experiment) ** 2) / 2);
  return Math.abs(mean(experiment) - mean(control)) / pooled;
}

/** Ranks from 1, ties sharing their mean rank, and the sum of t^3 - t over groups of t ties. */
export function ranks(values: readonly number[]): { readonly ranks: number[]; readonly ties: number } {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const out = new Array<number>(values.length).fill(0);
  let ties = 0;
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let i = from; i < to; i++) out[order[i] ?? 0] = (from + 1 + to) / 2;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { ranks: out, ties };
}

/** Medians over rounds, and figures as they are printed. */

/** @returns NaN of nothing */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

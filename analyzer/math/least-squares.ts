/** Ordinary least squares by modified Gram-Schmidt, which keeps its digits where normal equations lose them. */

export type LeastSquares = {
  readonly coefficients: readonly number[];
  readonly standardErrors: readonly number[];
  /** Rows minus columns. */
  readonly degreesOfFreedom: number;
};

/** @param columns - the design matrix by columns, all of the length of y and linearly independent */
export function leastSquares(columns: readonly (readonly number[])[], y: readonly number[]): LeastSquares {
  const { basis, r } = orthogonalise(columns);
  const rest = [...y];
  const projections = basis.map((q) => subtractProjection(rest, q));
  const inverse = invertTriangle(r);
  const coefficients = inverse.map((row) => dot(row, projections));
  const degreesOfFreedom = y.length - columns.length;
  const variance = dot(rest, rest) / degreesOfFreedom;
  const standardErrors = inverse.map((row) => Math.sqrt(variance * dot(row, row)));
  return { coefficients, standardErrors, degreesOfFreedom };
}

function orthogonalise(columns: readonly (readonly number[])[]): { basis: number[][]; r: number[][] } {
  const basis: number[][] = [];
  const r = columns.map(() => columns.map(() => 0));
  columns.forEach((column, j) => {
    const rest = [...column];
    // Twice is enough (Kahan): the second pass removes what rounding left.
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((q, i) => {
        const row = r[i];
        if (row) row[j] = (row[j] ?? 0) + subtractProjection(rest, q);
      });
    }
    const length = Math.sqrt(dot(rest, rest));
    const row = r[j];
    if (row) row[j] = length;
    basis.push(rest.map((x) => x / length));
  });
  return { basis, r };
}

/** Takes q's part out of `from`. @returns its coefficient */
function subtractProjection(from: number[], q: readonly number[]): number {
  const part = dot(from, q);
  for (let i = 0; i < from.length; i++) from[i] = (from[i] ?? 0) - part * (q[i] ?? 0);
  return part;
}

function invertTriangle(r: readonly (readonly number[])[]): number[][] {
  const size = r.length;
  const at = (m: readonly (readonly number[])[], i: number, j: number): number => m[i]?.[j] ?? 0;
  const inverse = r.map(() => r.map(() => 0));
  for (let j = 0; j < size; j++) {
    for (let i = j; i >= 0; i--) {
      let sum = i === j ? 1 : 0;
      for (let k = i + 1; k <= j; k++) sum -= at(r, i, k) * at(inverse, k, j);
      const row = inverse[i];
      if (row) row[j] = sum / at(r, i, i);
    }
  }
  return inverse;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

/** Counting in sparse latency histograms. Edges are bucket indices: "at or above edge k" is "not below lowerEdge(k)". */
import { bucketOf, lowerEdge } from '../../contracts/histogram.ts';
import type { SparseBuckets } from '../../contracts/histogram.ts';

export function total(buckets: SparseBuckets): number {
  let sum = 0;
  for (const [, count] of buckets) sum += count;
  return sum;
}

/** How many values lie in bucket `edge` or above. */
export function countFrom(buckets: SparseBuckets, edge: number): number {
  let sum = 0;
  for (const [bucket, count] of buckets) if (bucket >= edge) sum += count;
  return sum;
}

/** The bucket that holds the value of this rank (1-based). @returns undefined when there are fewer values */
export function bucketOfRank(buckets: SparseBuckets, rank: number): number | undefined {
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= rank) return bucket;
  }
  return undefined;
}

/** The bucket that holds the q-quantile. @returns undefined without values */
export function bucketOfQuantile(buckets: SparseBuckets, q: number): number | undefined {
  return bucketOfRank(buckets, Math.max(1, Math.ceil(q * total(buckets))));
}

/** The largest edge at or below `factor` times the edge's value; never below the edge itself. */
export function stretchEdge(edge: number, factor: number): number {
  return Math.max(edge, bucketOf(Math.floor(lowerEdge(edge) * factor)));
}

/** The smallest edge at or above `factor` times the edge's value. */
export function raiseEdge(edge: number, factor: number): number {
  const wanted = lowerEdge(edge) * factor;
  const below = bucketOf(Math.floor(wanted));
  return lowerEdge(below) >= wanted ? below : below + 1;
}

/** The sum of two histograms. Both in rising order of bucket, and so is the result. */
export function merge(a: SparseBuckets, b: SparseBuckets): SparseBuckets {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const out: (readonly [number, number])[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left && right && left[0] === right[0]) {
      out.push([left[0], left[1] + right[1]]);
      i++;
      j++;
    } else if (left && (!right || left[0] < right[0])) {
      out.push(left);
      i++;
    } else if (right) {
      out.push(right);
      j++;
    }
  }
  return out;
}

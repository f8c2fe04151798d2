/**
 * The layout of the latency histogram that every plane shares: log-linear, mergeable by adding.
 * Values are whole microseconds. Below 64 µs each value has its own bucket; above, each power of two is cut
 * into 64 buckets, so a bucket is at most 1/64 (1.6 %) of its value wide.
 */

/** Buckets per power of two. */
export const SUB_BUCKETS = 64;
const SUB_BITS = 6;
/** Values at or above this (2^36 µs, 19 hours) fall into the last bucket. */
const MAX_EXPONENT = 36;
export const BUCKET_COUNT = SUB_BUCKETS * (MAX_EXPONENT - SUB_BITS + 1);

/** The bucket of a value. @param us - whole microseconds, >= 0 @returns 0 … BUCKET_COUNT - 1 */
export function bucketOf(us: number): number {
  if (us < SUB_BUCKETS) return us < 0 ? 0 : us | 0;
  if (us >= 0x7fff_ffff) {
    const exponent = Math.min(Math.floor(Math.log2(us)), MAX_EXPONENT - 1);
    const sub = Math.min(Math.floor(us / 2 ** (exponent - SUB_BITS)) - SUB_BUCKETS, SUB_BUCKETS - 1);
    return (exponent - SUB_BITS + 1) * SUB_BUCKETS + sub;
  }
  const exponent = 31 - Math.clz32(us);
  return (exponent - SUB_BITS + 1) * SUB_BUCKETS + ((us >>> (exponent - SUB_BITS)) - SUB_BUCKETS);
}

/** The smallest value of a bucket, in microseconds; the bucket holds [lowerEdge(i), lowerEdge(i + 1)). */
export function lowerEdge(index: number): number {
  if (index < SUB_BUCKETS) return index;
  const exponent = Math.floor(index / SUB_BUCKETS) - 1;
  return (SUB_BUCKETS + (index % SUB_BUCKETS)) * 2 ** exponent;
}

/** A histogram on the wire: [bucket, count] pairs in rising order of bucket. */
export type SparseBuckets = readonly (readonly [number, number])[];

/** Adds a sparse histogram into a dense array of BUCKET_COUNT counts. */
export function addSparse(into: Float64Array | Uint32Array, sparse: SparseBuckets): void {
  for (const [bucket, count] of sparse) into[bucket] = (into[bucket] ?? 0) + count;
}

export function toSparse(dense: ArrayLike<number>): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i < dense.length; i++) {
    const count = dense[i] ?? 0;
    if (count > 0) out.push([i, count]);
  }
  return out;
}

/**
 * The value below which a share q of the counts lies, in microseconds (the middle of its bucket).
 * @param q - 0 … 1
 * @returns undefined when there are no counts
 */
export function quantile(sparse: SparseBuckets, q: number): number | undefined {
  const total = sparse.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of sparse) {
    seen += count;
    if (seen >= rank) return (lowerEdge(bucket) + lowerEdge(bucket + 1)) / 2;
  }
  return undefined;
}

/** Whether a series of samples grows: its last third beside its second. The first is warming up. */
import { medianOf } from '../bench/statistics.ts';

export type Sample = { readonly rssMb: number; readonly sockets: number };
export type Growth = { readonly before: number; readonly after: number; readonly grows: boolean };

/** @param share - growth up to this share of the earlier median, plus `slack`, is noise */
export function growthOf(values: readonly number[], share: number, slack: number): Growth {
  const third = Math.floor(values.length / 3);
  const before = medianOf(values.slice(third, 2 * third));
  const after = medianOf(values.slice(2 * third));
  return { before, after, grows: after > before * (1 + share) + slack };
}

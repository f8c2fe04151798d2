/** How much one of several processes may hold of what all of them share. */

/**
 * What it holds, and its part of what is free. Where all know the same, they exceed the limit by at most
 * (processes − 1) before they hear of each other again.
 */
export function allowance(limit: number, own: number, elsewhere: number, processes: number): number {
  const room = Math.max(0, limit - own - elsewhere);
  return Math.min(limit, own + Math.ceil(room / Math.max(1, processes)));
}

/** What it should come down to while others wait: an equal part. */
export function fairPart(limit: number, processes: number): number {
  return Math.ceil(limit / Math.max(1, processes));
}

/** How often the evidence is written down. */
const SHORTEST_MS = 2_000;
const LONGEST_MS = 10_000;
/** A restart loses at most this part of what was seen, so that a long run does not fill its journal. */
const PART = 1 / 60;

/** @param ageMs - how long the run has lasted */
export function checkpointEveryMs(ageMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ageMs * PART));
}

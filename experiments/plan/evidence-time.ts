/** When a canary that goes through its steps has the evidence for an answer. */

export type EvidenceStep = {
  readonly weightPpm: number;
  readonly holdMs: number;
  readonly candidatePerMinute: number | null;
};

/**
 * Evidence adds up over the steps: each contributes its candidate requests over the number that its share would need.
 * @param extraMs - what the last step may wait beyond its hold
 * @param needed - candidate requests at a share in ppm; null when no number would do
 * @returns milliseconds after the first step began; null when the traffic is not known or the time does not suffice
 */
export function timeToEvidence(
  steps: readonly EvidenceStep[],
  extraMs: number,
  needed: (candidatePpm: number) => number | null,
): number | null {
  let share = 0;
  let passedMs = 0;
  for (const [i, { weightPpm, holdMs, candidatePerMinute }] of steps.entries()) {
    const lastsMs = holdMs + (i === steps.length - 1 ? extraMs : 0);
    const requests = weightPpm >= 1e6 ? null : needed(weightPpm);
    if (candidatePerMinute !== null && requests !== null) {
      const perMs = candidatePerMinute / 60_000 / requests;
      if (share + perMs * lastsMs >= 1) return passedMs + (1 - share) / perMs;
      share += perMs * lastsMs;
    }
    passedMs += lastsMs;
  }
  return null;
}

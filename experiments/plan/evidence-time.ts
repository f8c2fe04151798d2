/** When a canary that goes through its steps has the evidence for an answer. */

export type EvidenceStep = {
  readonly weightPpm: number;
  readonly holdMs: number;
  readonly candidatePerMinute: number | null;
};

export type EvidenceTime = {
  /** After the first step began. */
  readonly afterMs: number;
  /** Candidate requests until then. */
  readonly candidateRequests: number;
};

/**
 * Evidence adds up over the steps: each contributes its candidate requests over the number that its share would need.
 * @param extraMs - what the last step may wait beyond its hold
 * @param needed - candidate requests at a share in ppm; null when no number would do
 * @returns null when the traffic is not known or the time does not suffice
 */
export function timeToEvidence(
  steps: readonly EvidenceStep[],
  extraMs: number,
  needed: (candidatePpm: number) => number | null,
): EvidenceTime | null {
  let share = 0;
  let passedMs = 0;
  let seen = 0;
  for (const [i, { weightPpm, holdMs, candidatePerMinute }] of steps.entries()) {
    const lastsMs = holdMs + (i === steps.length - 1 ? extraMs : 0);
    const requests = weightPpm >= 1e6 ? null : needed(weightPpm);
    const rate = (candidatePerMinute ?? 0) / 60_000;
    if (candidatePerMinute !== null && requests !== null) {
      const perMs = rate / requests;
      if (share + perMs * lastsMs >= 1) {
        const restMs = (1 - share) / perMs;
        return { afterMs: passedMs + restMs, candidateRequests: Math.ceil(seen + rate * restMs) };
      }
      share += perMs * lastsMs;
    }
    seen += rate * lastsMs;
    passedMs += lastsMs;
  }
  return null;
}

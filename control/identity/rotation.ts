/**
 * When a root comes, signs and goes. A new one is first only trusted: it signs when the last certificate that was given out
 * without it in the bundle is over. The old one stays trusted until the last certificate that it signed is over.
 */

/** coming: trusted, does not sign yet. leaving: trusted, signs no more. */
export type Stage = 'coming' | 'signing' | 'leaving' | 'gone';

export type Span = {
  /** -Infinity: it always has. */
  readonly signsFromMs: number;
  /** Infinity: nothing follows it yet. */
  readonly goneFromMs: number;
};

/** @param madeAtMs - of each root, the oldest first @param overlapMs - how long a certificate lasts at most */
export function spansOf(madeAtMs: readonly number[], overlapMs: number): Span[] {
  const signsFrom = madeAtMs.map((at, i) => (i === 0 ? -Infinity : at + overlapMs));
  return signsFrom.map((signsFromMs, i) => ({ signsFromMs, goneFromMs: (signsFrom[i + 1] ?? Infinity) + overlapMs }));
}

/** @returns of each root, in the same order; exactly one signs */
export function stagesOf(spans: readonly Span[], nowMs: number): Stage[] {
  return spans.map(({ signsFromMs, goneFromMs }, i) => {
    if (nowMs >= goneFromMs) return 'gone';
    if (nowMs < signsFromMs) return 'coming';
    const next = spans[i + 1];
    return next !== undefined && nowMs >= next.signsFromMs ? 'leaving' : 'signing';
  });
}

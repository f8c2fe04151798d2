/** How long requests went to a candidate, read from the access logs of the proxies that sent them there. */
export type Exposure = {
  /** From the end of the first bad answer to the end of the last request that the candidate was asked, on any proxy. */
  readonly ms: number;
  readonly candidateRequests: number;
  readonly baselineRequests: number;
};

/**
 * @param lines - of the access logs of all proxies, in any order; the last may be cut
 * @param experiment - the id of the run
 * @param versions - whose requests are told apart
 * @returns undefined when the candidate gave no bad answer
 */
export function exposureOf(
  lines: readonly string[],
  experiment: string,
  versions: { readonly baseline: string; readonly candidate: string },
): Exposure | undefined {
  const records = lines.flatMap(recordOf);
  const ofRun = records.filter((record) => record['experiment'] === experiment);
  const asked = ofRun.filter((record) => record['version'] === versions.candidate);
  const bad = asked.filter(({ status }) => Number(status) === 0 || Number(status) >= 500);
  if (bad.length === 0) return undefined;
  const first = Math.min(...bad.map(endedMs));
  const last = Math.max(...asked.map(endedMs));
  return {
    ms: last - first,
    candidateRequests: asked.length,
    baselineRequests: ofRun.filter(
      (record) => record['version'] === versions.baseline && endedMs(record) >= first && endedMs(record) <= last,
    ).length,
  };
}

function recordOf(line: string): readonly Record<string, unknown>[] {
  // What is being written ends in the middle.
  if (!line.endsWith('}')) return [];
  return [JSON.parse(line) as Record<string, unknown>];
}

function endedMs(record: Record<string, unknown>): number {
  return Date.parse(String(record['time']));
}

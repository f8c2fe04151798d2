/** One line of a recording: a request that a proxy served, as JSON. Unknown keys are ignored. */

export type RecordedRequest = {
  /** When it was served: any clock, in any unit; handed back as it came. */
  readonly t?: unknown;
  readonly arm: 'baseline' | 'candidate';
  /** HTTP status; 0 when the connection broke before an answer. */
  readonly status: number;
  readonly latencyMs?: number;
  /** The candidate's share when this request was assigned: a fraction up to 1, or percent above that. */
  readonly share?: number;
  readonly client?: string;
  readonly endpoint?: string;
  /** 1 for the first attempt; later ones are not judged. */
  readonly attempt?: number;
};

/** What the judge needs of a line. One object is used over and over: a recording may have 1e9 lines. */
export type Line = {
  isCandidate: boolean;
  isError: boolean;
  /** Whole microseconds; -1 when the line has none. */
  latencyUs: number;
  /** Parts per million; -1 when the line has none. */
  sharePpm: number;
  /** Hashes; 0 when the line has none. */
  client: number;
  endpoint: number;
  attempt: number;
};

export function newLine(): Line {
  return { isCandidate: false, isError: false, latencyUs: -1, sharePpm: -1, client: 0, endpoint: 0, attempt: 1 };
}

/** A 5xx, or no answer at all. */
export function isFailure(status: number): boolean {
  return status >= 500 || status === 0;
}

export function toPpm(share: number): number {
  return Math.round(share > 1 ? share * 10_000 : share * 1_000_000);
}

/** Fills `line` from a parsed object. @returns false when it is not a recorded request */
export function fillLine(line: Line, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const r = value as Readonly<Record<string, unknown>>;
  if ((r['arm'] !== 'baseline' && r['arm'] !== 'candidate') || typeof r['status'] !== 'number') return false;
  line.isCandidate = r['arm'] === 'candidate';
  line.isError = isFailure(r['status']);
  line.latencyUs = typeof r['latencyMs'] === 'number' ? Math.round(r['latencyMs'] * 1000) : -1;
  line.sharePpm = typeof r['share'] === 'number' ? toPpm(r['share']) : -1;
  line.client = typeof r['client'] === 'string' ? hashText(r['client']) : 0;
  line.endpoint = typeof r['endpoint'] === 'string' ? hashText(r['endpoint']) : 0;
  line.attempt = typeof r['attempt'] === 'number' ? r['attempt'] : 1;
  return true;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const encoder = new TextEncoder();

/** FNV-1a of bytes, never 0. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), FNV_PRIME);
  return hash === 0 ? 1 : hash;
}

export function hashText(text: string): number {
  const bytes = encoder.encode(text);
  return hashBytes(bytes, 0, bytes.length);
}

/** What a version got over WebSockets; kept across configurations. Plain numbers: those of workers are added up. */

/** Upper bounds of how long WebSockets were open, in seconds. */
export const DURATION_BOUNDS_S = [0.1, 1, 10, 60, 300, 1_800, 3_600, 14_400, 86_400] as const;

/** Codes that are told one by one (RFC 6455 7.4.1, and those that IANA has added); others by their range. */
const CODES = [1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014] as const;
const CODE_LABELS = [...CODES.map(String), '3xxx', '4xxx', 'other'];

export type ClosedBy = 'client' | 'endpoint' | 'nobody';

export type WebSocketLoad = {
  readonly service: string;
  readonly version: string;
  opened: number;
  open: number;
  readonly toEndpoint: Flow;
  readonly fromEndpoint: Flow;
  /** By who closed and with which code, as closeKey says it. */
  readonly closes: Record<string, number>;
  /** By the smallest bound that holds them, Infinity beyond the last. */
  readonly durations: Record<string, number>;
  durationSumMs: number;
};

/** Bytes with framing. */
export type Flow = { bytes: number; messages: number };

export function webSocketLoad(service: string, version: string): WebSocketLoad {
  const keys = CODE_LABELS.flatMap((code) => [`client ${code}`, `endpoint ${code}`]);
  return {
    service,
    version,
    opened: 0,
    open: 0,
    toEndpoint: { bytes: 0, messages: 0 },
    fromEndpoint: { bytes: 0, messages: 0 },
    closes: zeros([...keys, 'nobody none']),
    durations: zeros([...DURATION_BOUNDS_S, Infinity].map(String)),
    durationSumMs: 0,
  };
}

/** @param code - 0: the connection ended without a close frame */
export function closeKey(by: ClosedBy, code: number): string {
  if (by === 'nobody' || code === 0) return 'nobody none';
  if (CODES.some((known) => known === code)) return `${by} ${code}`;
  if (code >= 3_000 && code < 5_000) return `${by} ${code < 4_000 ? '3xxx' : '4xxx'}`;
  return `${by} other`;
}

export function durationKey(ms: number): string {
  return String(DURATION_BOUNDS_S.find((bound) => ms <= bound * 1_000) ?? Infinity);
}

function zeros(keys: readonly string[]): Record<string, number> {
  return Object.fromEntries(keys.map((key) => [key, 0]));
}

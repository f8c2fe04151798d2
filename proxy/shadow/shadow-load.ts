/** What is under way and what has become of the copies that a version got; kept across configurations. */

/** Why a copy was not sent, or not to its end: it must never slow the request that it copies. */
export const DROP_REASONS = ['in-flight', 'slow', 'streamed', 'no-endpoint', 'unfinished'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export type ShadowLoad = {
  readonly service: string;
  readonly version: string;
  inFlight: number;
  answered: number;
  /** The version did not answer: no connection, reset, malformed, too late. */
  failed: number;
  readonly dropped: Record<DropReason, number>;
};

export function shadowLoad(service: string, version: string): ShadowLoad {
  const dropped = { 'in-flight': 0, slow: 0, streamed: 0, 'no-endpoint': 0, unfinished: 0 };
  return { service, version, inFlight: 0, answered: 0, failed: 0, dropped };
}

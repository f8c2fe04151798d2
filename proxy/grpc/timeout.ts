/** The field grpc-timeout: at most eight digits and a unit. */

const MS_OF_UNIT: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** @returns milliseconds, not rounded; undefined where there is none, or it is malformed (then no deadline is known) */
export function parseGrpcTimeout(value: string | undefined): number | undefined {
  const parts = /^(\d{1,8})([HMSmun])$/.exec(value ?? '');
  const unit = MS_OF_UNIT[parts?.[2] ?? ''];
  return parts && unit !== undefined ? Number(parts[1]) * unit : undefined;
}

/** The finest unit that has room: never longer than asked. */
export function formatGrpcTimeout(ms: number): string {
  const us = Math.max(1, Math.floor(ms * 1_000));
  if (us < 1e8) return `${us}u`;
  if (ms < 1e8) return `${Math.floor(ms)}m`;
  return `${Math.min(99_999_999, Math.floor(ms / 1_000))}S`;
}

/** The status codes of gRPC, and how they and those of HTTP stand for each other. */
import { ERRORS } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';

export const GRPC = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;
export type GrpcStatus = (typeof GRPC)[keyof typeof GRPC];

/** For answers that know nothing of gRPC: the specification's "HTTP to gRPC Status Code Mapping". */
export function grpcStatusOfHttp(status: number): GrpcStatus {
  switch (status) {
    case 400:
      return GRPC.INTERNAL;
    case 401:
      return GRPC.UNAUTHENTICATED;
    case 403:
      return GRPC.PERMISSION_DENIED;
    case 404:
      return GRPC.UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
      return GRPC.UNAVAILABLE;
    default:
      return GRPC.UNKNOWN;
  }
}

/** For the proxy's own errors, which know more than their status. */
export function grpcStatusOfError(code: ErrorCode, status: number = ERRORS[code].status): GrpcStatus {
  return code === 'UPSTREAM_TIMEOUT' ? GRPC.DEADLINE_EXCEEDED : grpcStatusOfHttp(status);
}

/**
 * The status of HTTP that says the same, for counters, breakers and judges (the mapping of google.rpc.Code). So the
 * failures of a server are 5xx: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
 * RESOURCE_EXHAUSTED is not among them: as 429, it tells one caller to slow down.
 */
export function httpStatusOfGrpc(status: number): number {
  return HTTP_OF_GRPC[status] ?? 500;
}

const HTTP_OF_GRPC = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401] as const;

/** @returns -1 where there is none; UNKNOWN for what is not one */
export function readGrpcStatus(value: string | undefined): number {
  if (value === undefined) return -1;
  return /^\d{1,2}$/.test(value) && Number(value) <= GRPC.UNAUTHENTICATED ? Number(value) : GRPC.UNKNOWN;
}

/** @param lines - a trailer section @returns UNKNOWN where it has none */
export function grpcStatusOfTrailers(lines: string): number {
  const value = /^grpc-status:[ \t]*([^\r]*?)[ \t]*\r$/im.exec(lines)?.[1];
  return value === undefined ? GRPC.UNKNOWN : readGrpcStatus(value);
}

/** Every failure becomes one response here, marked as ours, so that it is never taken for the endpoint's. */
import { STATUS_CODES } from 'node:http';
import { ERRORS, ERROR_HEADER } from '../contracts/errors.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { AbortAnswer } from './faults/kind.ts';
import { grpcAnswer, isGrpcRequest } from './grpc/answer.ts';
import { grpcStatusOfError } from './grpc/status.ts';
import type { RequestHead } from './http1/head.ts';
import type { AttemptFailure } from './plan/plan.ts';
import type { UpstreamFailure } from './upstream/connection.ts';
import type { Endpoint } from './upstream/endpoint.ts';

/** The client went away before its answer was complete (nginx's code for it). */
export const CLIENT_CLOSED = 499;

/** The code of the answer to a request whose last attempt failed so. */
const CODE_OF_FAILURE = {
  status: 'FAULT_ABORT',
  reset: 'UPSTREAM_RESET',
  connect: 'UPSTREAM_CONNECT_FAILED',
  timeout: 'UPSTREAM_TIMEOUT',
  malformed: 'UPSTREAM_MALFORMED',
  'no-endpoint': 'UPSTREAM_NO_ENDPOINT',
  overflow: 'CIRCUIT_OPEN',
} as const satisfies Record<AttemptFailure, ErrorCode>;

/** Where the handshake failed, the reason is more than that there was no connection. */
export function codeOf(failure: AttemptFailure, endpoint: Endpoint | undefined): ErrorCode {
  return (failure === 'connect' ? endpoint?.tlsFailure : undefined) ?? CODE_OF_FAILURE[failure];
}

/** A refused request was not begun with, as one that found no connection. */
export const FAILURE_OF_UPSTREAM = {
  connect: 'connect',
  refused: 'connect',
  reset: 'reset',
  malformed: 'malformed',
  stalled: 'timeout',
} as const satisfies Record<UpstreamFailure, AttemptFailure>;

/**
 * The proxy's own answer, head and body.
 * @param connection - the value of the Connection field, or empty for none
 * @param bodiless - for HEAD: the length of the body, but not the body
 * @param fields - further header lines, each ending in CRLF
 */
export function localAnswer(
  code: ErrorCode,
  detail: string,
  status: number,
  connection: string,
  bodiless: boolean,
  fields = '',
): string {
  const body = `${code}: ${ERRORS[code].message}${detail === '' ? '' : ` (${detail})`}\n`;
  const safeBody = body.replace(/[^\x20-\x7e\n]/g, '?');
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${ERROR_HEADER}: ${code}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
    `content-length: ${safeBody.length}\r\n${fields}${connection === '' ? '' : `connection: ${connection}\r\n`}\r\n${bodiless ? '' : safeBody}`
  );
}

/** The proxy's own answer, in the form that the request's kind of client reads. */
export function answerTo(
  head: RequestHead,
  code: ErrorCode,
  detail: string,
  status: number,
  connection: string,
  fields = '',
  fault?: AbortAnswer,
): string {
  const aborted = code === 'FAULT_ABORT' ? fault : undefined;
  const grpc = aborted?.grpcStatus ?? -1;
  const all = fields + (aborted?.fields ?? '');
  if (grpc < 0 && !isGrpcRequest(head)) return localAnswer(code, detail, status, connection, head.isHead, all);
  const message = `${code}: ${ERRORS[code].message}${detail === '' ? '' : ` (${detail})`}`;
  const more = `${all}${connection === '' ? '' : `connection: ${connection}\r\n`}`;
  return grpcAnswer(grpc < 0 ? grpcStatusOfError(code, status) : grpc, message, `${ERROR_HEADER}: ${code}\r\n${more}`);
}

/** An answer that the configuration asks for (redirect, direct response): no error, so no error header. */
export function plainAnswer(
  status: number,
  fields: string,
  body: string,
  connection: string,
  bodiless: boolean,
): string {
  const length = status === 204 || status === 304 ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  const text = bodiless || length === '' ? '' : Buffer.from(body).toString('latin1');
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}\r\n${fields}${length}` +
    `${connection === '' ? '' : `connection: ${connection}\r\n`}\r\n${text}`
  );
}

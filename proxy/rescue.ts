/** Every failure becomes one response here, marked as ours, so that it is never taken for the endpoint's. */
import { ERRORS, ERROR_HEADER } from '../contracts/errors.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { AttemptFailure } from './plan/plan.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  508: 'Loop Detected',
};

/** The code of the answer to a request whose last attempt failed so. */
export const CODE_OF_FAILURE = {
  status: 'FAULT_ABORT',
  reset: 'UPSTREAM_RESET',
  connect: 'UPSTREAM_CONNECT_FAILED',
  timeout: 'UPSTREAM_TIMEOUT',
  malformed: 'UPSTREAM_MALFORMED',
  'no-endpoint': 'UPSTREAM_NO_ENDPOINT',
} as const satisfies Record<AttemptFailure, ErrorCode>;

/**
 * The proxy's own answer, head and body.
 * @param connection - the value of the Connection field, or empty for none
 * @param bodiless - for HEAD: the length of the body, but not the body
 */
export function localAnswer(
  code: ErrorCode,
  detail: string,
  status: number,
  connection: string,
  bodiless: boolean,
): string {
  const body = `${code}: ${ERRORS[code].message}${detail === '' ? '' : ` (${detail})`}\n`;
  const safeBody = body.replace(/[^\x20-\x7e\n]/g, '?');
  return (
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n${ERROR_HEADER}: ${code}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
    `content-length: ${safeBody.length}\r\n${connection === '' ? '' : `connection: ${connection}\r\n`}\r\n${bodiless ? '' : safeBody}`
  );
}

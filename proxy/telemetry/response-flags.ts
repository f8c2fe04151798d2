/** Envoy's short names for why an answer is not simply the endpoint's (its access log, %RESPONSE_FLAGS%), as Istio's label has them. */
import type { ErrorCode } from '../../contracts/errors.ts';
import { CLIENT_CLOSED } from '../rescue.ts';

const FLAG_OF_ERROR: Readonly<Partial<Record<ErrorCode, string>>> = {
  HTTP_MALFORMED: 'DPE',
  HTTP_REQUEST_TIMEOUT: 'SI',
  UPSTREAM_CONNECT_FAILED: 'UF',
  TLS_FAILED: 'UF',
  TLS_CERTIFICATE_EXPIRED: 'UF',
  TLS_UNKNOWN_CA: 'UF',
  TLS_NAME_MISMATCH: 'UF',
  UPSTREAM_NO_ENDPOINT: 'UH',
  CIRCUIT_OPEN: 'UO',
  UPSTREAM_RESET: 'UC',
  UPSTREAM_MALFORMED: 'UPE',
  UPSTREAM_TIMEOUT: 'UT',
  RATE_LIMITED: 'RL',
  OVERLOADED: 'OM',
  FAULT_ABORT: 'FI',
};

/** Nothing to say. */
export const NO_FLAG = '-';

export function responseFlag(status: number, errorCode: ErrorCode | undefined): string {
  const flag = errorCode === undefined ? undefined : FLAG_OF_ERROR[errorCode];
  return flag ?? (status === CLIENT_CLOSED && errorCode === undefined ? 'DC' : NO_FLAG);
}

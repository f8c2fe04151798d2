/** Why a handshake with an endpoint failed, as a code of the error table. */
import type { ErrorCode } from '../../contracts/errors.ts';

export type TlsFailure = Extract<ErrorCode, `TLS_${string}`>;

/** The endpoint's certificate is valid, but names somebody else. */
export class WrongPeer extends Error {
  readonly code = 'WRONG_PEER';
}

// Codes of Node.js for the results of X509_verify_cert (OpenSSL).
const CODES: Readonly<Record<string, TlsFailure>> = {
  CERT_HAS_EXPIRED: 'TLS_CERTIFICATE_EXPIRED',
  CERT_NOT_YET_VALID: 'TLS_CERTIFICATE_EXPIRED',
  UNABLE_TO_GET_ISSUER_CERT: 'TLS_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNKNOWN_CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNKNOWN_CA',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNKNOWN_CA',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNKNOWN_CA',
  CERT_UNTRUSTED: 'TLS_UNKNOWN_CA',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_NAME_MISMATCH',
  WRONG_PEER: 'TLS_NAME_MISMATCH',
};

/** @param error - of a socket whose TCP connection stood already */
export function tlsFailureOf(error: NodeJS.ErrnoException): TlsFailure {
  return CODES[error.code ?? ''] ?? 'TLS_FAILED';
}

/**
 * Every error that a user can meet, as one table: a stable code, the HTTP status that goes with it, whose fault it
 * is, and what it means. docs/errors.md is generated from it. Match on codes, never on message text.
 */
export type FaultOf = 'client' | 'proxy' | 'upstream' | 'experiment' | 'operator';
export type ErrorRow = { readonly status: number; readonly faultOf: FaultOf; readonly message: string };

export const ERRORS = {
  // --- the proxy's own answers (header x-meshproof-error carries the code)
  HTTP_MALFORMED: { status: 400, faultOf: 'client', message: 'the request is not valid HTTP/1.1' },
  HTTP_HEAD_TOO_LARGE: { status: 431, faultOf: 'client', message: 'the request head is larger than the limit' },
  HTTP_TARGET_TOO_LONG: { status: 414, faultOf: 'client', message: 'the request target is longer than the limit' },
  HTTP_VERSION_UNSUPPORTED: { status: 505, faultOf: 'client', message: 'only HTTP/1.0 and HTTP/1.1 are spoken here' },
  HTTP_CODING_UNSUPPORTED: {
    status: 501,
    faultOf: 'client',
    message: 'the only transfer coding that is understood is chunked',
  },
  HTTP_EXPECTATION_UNSUPPORTED: {
    status: 417,
    faultOf: 'client',
    message: 'the only expectation that is understood is 100-continue',
  },
  METHOD_REFUSED: { status: 405, faultOf: 'client', message: 'TRACE ends here, and is not reflected' },
  BODY_TOO_LARGE: { status: 413, faultOf: 'client', message: 'the body is larger than the route lets pass' },
  HTTP_REQUEST_TIMEOUT: { status: 408, faultOf: 'client', message: 'the request was not complete in time' },
  HTTP2_FLOOD: { status: 429, faultOf: 'client', message: 'the client resets streams, or pings, faster than it may' },
  TUNNEL_UNSUPPORTED: {
    status: 501,
    faultOf: 'client',
    message: 'CONNECT and WebSocket go over HTTP/1.1 only, on both sides of the proxy',
  },
  ACCESS_DENIED: { status: 403, faultOf: 'client', message: 'the access policy of the service does not allow this' },
  ROUTE_NOT_FOUND: { status: 404, faultOf: 'client', message: 'no service answers to this host' },
  PROXY_HOST_REFUSED: {
    status: 403,
    faultOf: 'client',
    message: 'this HTTP proxy leads to no service of this name, and passThrough does not name the host',
  },
  UPSTREAM_CONNECT_FAILED: { status: 503, faultOf: 'upstream', message: 'no connection to the endpoint could be made' },
  TLS_FAILED: { status: 503, faultOf: 'upstream', message: 'the endpoint and the proxy could not agree on TLS' },
  TLS_HANDSHAKE_REFUSED: {
    status: 400,
    faultOf: 'client',
    message: 'a client did not come through the TLS handshake; its connection was closed',
  },
  TLS_CERTIFICATE_EXPIRED: {
    status: 503,
    faultOf: 'upstream',
    message: "the endpoint's certificate is over, or not valid yet",
  },
  TLS_UNKNOWN_CA: {
    status: 503,
    faultOf: 'upstream',
    message: "the endpoint's certificate is not signed by an authority that is trusted here",
  },
  TLS_NAME_MISMATCH: {
    status: 503,
    faultOf: 'upstream',
    message: "the endpoint's certificate is for another name, or another service",
  },
  UPSTREAM_NO_ENDPOINT: { status: 503, faultOf: 'upstream', message: 'the version has no endpoint' },
  CIRCUIT_OPEN: {
    status: 503,
    faultOf: 'upstream',
    message: 'a limit of the circuit breaker of this version is reached',
  },
  UPSTREAM_RESET: {
    status: 502,
    faultOf: 'upstream',
    message: 'the endpoint closed the connection before it answered',
  },
  UPSTREAM_MALFORMED: { status: 502, faultOf: 'upstream', message: "the endpoint's answer is not valid HTTP/1.1" },
  UPSTREAM_TIMEOUT: { status: 504, faultOf: 'upstream', message: 'the endpoint did not answer in time' },
  RATE_LIMITED: { status: 429, faultOf: 'client', message: 'more requests came than the rule lets pass' },
  OVERLOADED: { status: 503, faultOf: 'proxy', message: 'the proxy sheds load: too many requests or connections' },
  DRAINING: { status: 503, faultOf: 'proxy', message: 'the proxy is draining' },
  TRAFFIC_THREAD_STUCK: { status: 503, faultOf: 'proxy', message: 'the thread that carries traffic does not answer' },
  LOOP_DETECTED: { status: 508, faultOf: 'operator', message: 'the request has passed through this proxy before' },
  FAULT_HEADER_REFUSED: {
    status: 200,
    faultOf: 'client',
    message: 'a fault in a header was not signed, was over, or could not be read; the request went on without it',
  },
  FAULT_ABORT: { status: 503, faultOf: 'experiment', message: 'a fault that was declared aborted the request' },

  // --- documents and configuration
  DOCUMENT_INVALID: { status: 422, faultOf: 'operator', message: 'the document is not valid' },
  DOCUMENT_NOT_FOUND: { status: 404, faultOf: 'operator', message: 'there is no such document' },
  DOCUMENT_IN_USE: { status: 409, faultOf: 'operator', message: 'another document or a running experiment needs it' },
  CONFIG_REFUSED: { status: 422, faultOf: 'operator', message: 'the configuration was refused; the old one goes on' },
  TLS_MATERIAL_INVALID: {
    status: 422,
    faultOf: 'operator',
    message: 'a certificate or a key cannot be read, or they do not belong together',
  },
  IDENTITY_REFUSED: {
    status: 403,
    faultOf: 'operator',
    message: 'the proxy gets no certificate: it did not prove that it may have this identity',
  },
  IDENTITY_ROOT_INVALID: {
    status: 500,
    faultOf: 'operator',
    message: 'the key or the certificate of the authority of the mesh cannot be used',
  },
  IDENTITY_ROTATION_RUNNING: {
    status: 409,
    faultOf: 'operator',
    message: 'the authority of the mesh is being changed already',
  },
  ADDRESS_IN_USE: { status: 409, faultOf: 'operator', message: 'the address is taken by another program' },
  WIRE_BASE_MISMATCH: {
    status: 409,
    faultOf: 'proxy',
    message: 'the delta builds on a version that the proxy does not have',
  },
  WIRE_MALFORMED: { status: 400, faultOf: 'proxy', message: 'the message is not one of this version of the protocol' },

  SIGNATURE_REFUSED: {
    status: 401,
    faultOf: 'client',
    message: 'the message is not signed as it must be, or it is too old',
  },
  ACTION_REFUSED: { status: 403, faultOf: 'client', message: 'the document does not let this sender do that' },
  GATE_NOT_WAITING: { status: 409, faultOf: 'client', message: 'the experiment does not stand at this gate now' },
  SECRET_MISSING: { status: 409, faultOf: 'operator', message: 'a secret that a document names is not there' },

  // --- experiments
  EXPERIMENT_NOT_FOUND: { status: 404, faultOf: 'operator', message: 'there is no such experiment' },
  EXPERIMENT_OVERLAP: { status: 409, faultOf: 'operator', message: 'another experiment touches the same traffic' },
  EXPERIMENT_RUNNING: { status: 409, faultOf: 'operator', message: 'the experiment is running already' },
  EXPERIMENT_ENDED: { status: 409, faultOf: 'operator', message: 'the experiment has ended' },
  ROLLBACK_UNCONFIRMED: {
    status: 503,
    faultOf: 'proxy',
    message: 'a proxy has not yet acknowledged that an overlay is gone',
  },
  AFTER_NOT_PASSED: {
    status: 409,
    faultOf: 'operator',
    message: 'an experiment that this one comes after has not passed',
  },
  BASELINE_NOT_STABLE: {
    status: 409,
    faultOf: 'operator',
    message: "the baseline is not the service's stable version",
  },

  // --- the API and the command line
  REQUEST_INVALID: { status: 400, faultOf: 'client', message: 'the request is not valid' },
  NOT_FOUND: { status: 404, faultOf: 'client', message: 'there is nothing at this address' },
  ORIGIN_REFUSED: { status: 403, faultOf: 'client', message: 'a page of another origin may not use this API' },
  CONTROL_UNREACHABLE: { status: 503, faultOf: 'operator', message: 'the control plane does not answer' },
  JOURNAL_DAMAGED: {
    status: 500,
    faultOf: 'operator',
    message: 'the journal has a gap or an entry that cannot be read',
  },
  INTERNAL: { status: 500, faultOf: 'proxy', message: 'an error inside Meshproof; please report it' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** The header that marks every answer that a proxy made itself; its value is an ErrorCode. */
export const ERROR_HEADER = 'x-meshproof-error';

/** An error with a code of the table. `detail` says what, where and what to do. */
export class MeshproofError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.name = 'MeshproofError';
    this.code = code;
    this.detail = detail;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** How an error travels over the API: `{"error": {"code", "message", "detail"}}`. */
export type ErrorBody = {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly detail: string;
    readonly problems?: readonly Problem[];
  };
};

/** One thing that is wrong in a file that a person wrote. */
export type Problem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document: `Canary/reviews-v2 spec.steps[1].weight`. */
  readonly path: string;
  readonly message: string;
};

/** One request as it is told to people: a line of the access log, an event of the tap. */
import type { Exchange } from '../exchange.ts';
import type { WebSocketMeter } from '../websocket/web-socket-meter.ts';

export type RequestRecord = {
  /** When the answer ended, RFC 3339. */
  readonly time: string;
  readonly durationMs: number;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** 0: the connection broke before an answer. */
  readonly status: number;
  /** What the client spoke. */
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Of a call of gRPC that told one. */
  readonly grpcStatus?: number;
  readonly service?: string;
  readonly route?: string;
  readonly version?: string;
  readonly experiment?: string;
  readonly arm?: string;
  readonly endpoint?: string;
  readonly attempts: number;
  readonly shielded?: true;
  readonly faults?: number;
  /** The proxy answered itself: the code of contracts/errors. */
  readonly error?: string;
  /** The request became a WebSocket, which has ended. */
  readonly webSocket?: {
    readonly handshakeMs: number;
    readonly toEndpoint: { readonly bytes: number; readonly messages: number };
    readonly fromEndpoint: { readonly bytes: number; readonly messages: number };
    /** Who sent a close frame first, and its code. */
    readonly closedBy?: string;
    readonly closeCode?: number;
  };
  readonly requestId?: string;
  readonly traceId?: string;
  readonly userAgent?: string;
};

/** What is told of one request's headers is cut here: a record has a bound. */
const MAX_TEXT = 1_024;

/** @param us - whole microseconds from the head to the end of the answer @param wallMs - since 1970 */
export function recordOf(exchange: Exchange, status: number, us: number, wallMs: number): RequestRecord {
  const { head, plan, version, arm, endpoint, errorCode, trace } = exchange;
  const requestId = head.get('x-request-id');
  const userAgent = head.get('user-agent');
  return {
    time: new Date(wallMs).toISOString(),
    durationMs: us / 1_000,
    method: head.method.slice(0, MAX_TEXT),
    host: head.hostname.slice(0, MAX_TEXT),
    path: head.target.slice(0, MAX_TEXT),
    status,
    protocol: head.isHttp2 ? 'HTTP/2' : head.minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
    ...(exchange.grpcStatus < 0 ? {} : { grpcStatus: exchange.grpcStatus }),
    ...(plan ? { service: plan.service, route: plan.name } : {}),
    ...(version ? { version: version.name } : {}),
    ...(arm ? { experiment: arm.experimentId, arm: arm.arm } : {}),
    ...(endpoint ? { endpoint: endpoint.address } : {}),
    attempts: exchange.attempts,
    ...(exchange.shielded ? { shielded: true as const } : {}),
    ...(exchange.faults > 0 ? { faults: exchange.faults } : {}),
    ...(errorCode === undefined ? {} : { error: errorCode }),
    ...(exchange.webSocket ? { webSocket: webSocketOf(exchange.webSocket) } : {}),
    ...(requestId === undefined ? {} : { requestId: requestId.slice(0, MAX_TEXT) }),
    ...(trace ? { traceId: trace.traceId } : {}),
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, MAX_TEXT) }),
  };
}

function webSocketOf(meter: WebSocketMeter): NonNullable<RequestRecord['webSocket']> {
  const { handshakeUs, sent, received, closedBy, closeCode } = meter;
  const closed = closedBy === 'nobody' ? {} : { closedBy, closeCode };
  return { handshakeMs: handshakeUs / 1_000, toEndpoint: sent, fromEndpoint: received, ...closed };
}

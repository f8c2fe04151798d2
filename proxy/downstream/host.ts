/** What stands between a listener and a client's connection. */
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { RequestHead } from '../http1/head.ts';
import type { ServicePlan } from '../plan/plan.ts';

/** A client's socket, or a stream of HTTP/2 that behaves like one. */
export type ClientSocket = Duplex & {
  readonly resetAndDestroy: () => unknown;
  readonly remoteAddress?: string | undefined;
};

/** What a listener does with what it has accepted. */
export interface ClientConnection {
  /** Time-outs, once a second. */
  sweep(nowMs: number): void;
  destroy(): void;
}

/** Who the other side has proven to be. */
export type Peer = {
  /** As an AccessPolicy says it: `shop`, or `gateway/edge`. */
  readonly name: string;
  /** What the application is told of it. */
  readonly forwarded: string;
};

/** What a connection needs from its listener. */
export type DownstreamHost = {
  readonly resolve: (head: RequestHead) => ServicePlan | undefined;
  readonly closed: (connection: ClientConnection) => void;
  /** True when the listener has left the configuration: each connection closes after its answer. */
  readonly retired: boolean;
  /** A connection without a request is closed after this long; undefined: as the runtime's limits say. */
  readonly clientIdleMs?: number | undefined;
  /** A stream of HTTP/2: its body may take its time, and is hardly waited for, because calls in both directions exist. */
  readonly isStream?: boolean;
  /** The code of the answer to a request that no service takes. */
  readonly unknownHost: ErrorCode;
  /** Takes over the socket of a CONNECT (what came behind its head put back) as bytes; absent where CONNECT goes on as it is. */
  readonly takeTunnel?:
    ((connection: ClientConnection, socket: ClientSocket, service: ServicePlan) => void) | undefined;
  readonly peer?: Peer | undefined;
  /** It leads to the application beside us: a request that we have sent may come in again here. */
  readonly isInbound?: boolean;
  /** Takes over a socket whose first bytes (put back) were HTTP/2's preface; absent where it is not spoken. */
  readonly speakHttp2?: (connection: ClientConnection, socket: Duplex) => void;
};

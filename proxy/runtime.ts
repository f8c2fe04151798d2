/** What every exchange of one data plane shares: clock, timers, randomness, the halt switch, and error counts. */
import type { ErrorCode } from '../contracts/errors.ts';
import type { Overload } from './admission/overload.ts';
import type { Turns } from './admission/turns.ts';
import type { Clock } from './dataplane-api.ts';
import type { HaltSwitch } from './halt-switch.ts';
import type { Random } from './random.ts';
import type { Sharing } from './shared/sharing.ts';
import type { Exchange } from './exchange.ts';
import type { Tracing } from './tracing/request-trace.ts';
import type { TimerWheel } from './timer-wheel.ts';

export type Runtime = {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly halt: HaltSwitch;
  /** Our name in Via, without spaces: how a loop is recognised. */
  readonly viaName: string;
  /** `via: 1.1 name\r\n`, added to every request. */
  readonly addedFields: string;
  /** Answers that the proxy made itself, by code. */
  readonly errors: Map<ErrorCode, number>;
  readonly limits: Limits;
  readonly overload: Overload;
  readonly turns: Turns;
  /** With the other workers of this proxy. */
  readonly sharing: Sharing;
  /** undefined: requests are not traced, and no route pays for it. */
  readonly tracing: Tracing | undefined;
  /** Told of every request at its end: access log, tap. undefined while nobody listens. */
  observe: RequestObserver | undefined;
  /** True while draining: every answer says `connection: close`. */
  draining: boolean;
  requestsInFlight: number;
};

/** @param us - whole microseconds from the head to the end of the answer */
export type RequestObserver = (exchange: Exchange, status: number, us: number) => void;

/** Limits of the data plane; times in milliseconds, sizes in bytes. */
export type Limits = {
  /** The whole head must have come this long after its first byte. */
  readonly headTimeoutMs: number;
  /** A client connection without a request is closed after this long. */
  readonly clientIdleMs: number;
  /** While draining, a client connection is closed when it has been without a request for this long. */
  readonly drainIdleMs: number;
  /** An idle upstream connection is closed after this long; below the 5 s of a Node server, so that we close first. */
  readonly upstreamIdleMs: number;
  /** No byte either way in an exchange for this long ends it. */
  readonly streamIdleMs: number;
  /** Nothing moved on a connection that is passed on as bytes; Envoy's default, for pools of connections rest for long. */
  readonly tcpIdleMs: number;
  readonly connectTimeoutMs: number;
  /** A client that has closed its side and is still without an answer after this long counts as gone. */
  readonly halfCloseMs: number;
  /** A request body up to this size is held whole before the request is forwarded: it can be checked and repeated. */
  readonly holdBodyBytes: number;
  /** A chunked body that is not complete after this long is streamed from then on. */
  readonly holdBodyMs: number;
  /** Of one address. */
  readonly maxConnections: number;
  /** What JavaScript may hold in one process; 0: no limit. */
  readonly maxMemoryBytes: number;
  /** Far above what one client needs: a pool that is too small closes and opens connections all the time. */
  readonly maxIdlePerEndpoint: number;
};

export const LIMITS: Limits = {
  headTimeoutMs: 10_000,
  clientIdleMs: 75_000,
  drainIdleMs: 1_000,
  upstreamIdleMs: 4_000,
  streamIdleMs: 300_000,
  tcpIdleMs: 3_600_000,
  connectTimeoutMs: 5_000,
  halfCloseMs: 1_000,
  holdBodyBytes: 64 * 1024,
  holdBodyMs: 250,
  maxConnections: 20_000,
  maxMemoryBytes: 0,
  maxIdlePerEndpoint: 2_048,
};

/** What a kind of fault is: it reads its key of the document and says what it does to a request or to its answer. */
import type { FaultSpec } from '../../contracts/fault.ts';
import type { Exchange } from '../exchange.ts';
import type { ResponseHead } from '../http1/head.ts';
import type { ActiveFault } from './active-fault.ts';
import { TCP_FAULT_TYPES } from './tcp/stage.ts';
import { TLS_FAULT_TYPES } from './tls/kind.ts';

export const FAULT_TYPES = [
  'delay',
  'abort',
  'reset',
  'hang',
  'throttle',
  'truncate',
  'corrupt',
  'body',
  'headers',
  'endpoint-gone',
  'partition',
  ...TCP_FAULT_TYPES,
  ...TLS_FAULT_TYPES,
] as const;
export type FaultType = (typeof FAULT_TYPES)[number];

/** Stands for the endpoint's answer. */
export type AbortAnswer = {
  readonly status: number;
  /** Header lines, each ending in CRLF. */
  readonly fields: string;
  /** As it stands in `fields`. */
  readonly retryAfter?: string;
  /** -1: not an answer of gRPC. */
  readonly grpcStatus: number;
};

/** `connect`: as if no connection could be made. */
export type Abort = AbortAnswer | 'reset' | 'connect';

/** What a document asks of one kind. Acts that it does not have it does not do. */
export type PlannedFault = {
  /** Under which name injections are counted. */
  readonly type: FaultType;
  /** Before the request goes on. @param hash - of the draw, so that a replay waits as long @returns milliseconds */
  readonly delayMs?: (hash: number) => number;
  readonly hangs?: true;
  readonly abort?: Abort;
  readonly request?: (exchange: Exchange) => void;
  /** Calls fault.act when, and only when, it changes something. */
  readonly respond?: (exchange: Exchange, head: ResponseHead, fault: ActiveFault, hash: number) => void;
};

/** @returns undefined when the document does not ask for this kind */
export type FaultKind = (spec: FaultSpec) => PlannedFault | undefined;

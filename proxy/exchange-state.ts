/** What the filters know and decide about one request; cleared before each, so that nothing is allocated per request. */
import type { ErrorCode } from '../contracts/errors.ts';
import type { PoolMember } from './balancing/pool.ts';
import type { BodyFilter } from './body-filter.ts';
import type { Hedge } from './hedge/hedge.ts';
import type { Downstream } from './downstream/connection.ts';
import type { AbortAnswer } from './faults/kind.ts';
import type { DrawnAbort, DrawnAnswer } from './faults/step.ts';
import { grpcStatusOfTrailers, httpStatusOfGrpc, readGrpcStatus } from './grpc/status.ts';
import type { RequestHead, ResponseHead } from './http1/head.ts';
import { HeadEdits } from './http1/head-edits.ts';
import type { RoutePlan, VersionPlan } from './plan/plan.ts';
import type { Runtime } from './runtime.ts';
import type { Comparison } from './shadow/comparison.ts';
import type { ShadowRequest } from './shadow/shadow-request.ts';
import { WebSocketMeter } from './websocket/web-socket-meter.ts';
import type { RequestTrace } from './tracing/request-trace.ts';
import type { ArmCounters } from './telemetry/counters.ts';
import { NO_CLIENT } from './telemetry/origin-counters.ts';
import type { TunnelKind, UpstreamConnection } from './upstream/connection.ts';
import type { Endpoint } from './upstream/endpoint.ts';

export class ExchangeState {
  readonly runtime: Runtime;
  readonly downstream: Downstream;
  plan: RoutePlan | undefined;
  version: VersionPlan | undefined;
  endpoint: Endpoint | undefined;
  /** Who carries the attempt, and counts it in flight until the exchange or another attempt lets go of it. */
  member: PoolMember | undefined;
  /** The arm that counts the first attempt, when an experiment is on. */
  arm: ArmCounters | undefined;
  /** The group of the request's key, where an A/B test runs. */
  keyGroup = 0;
  /** Where the key of a sticky experiment lies, 0 … 999 999; NO_CLIENT: the request brings none. */
  clientPoint = NO_CLIENT;
  /** Where the shield sends a request that failed on the candidate. */
  shieldVersion: VersionPlan | undefined;
  /** Milliseconds for one attempt, 0: no limit of its own. */
  perTryTimeoutMs = 0;
  timeoutMs = 0;
  attempts = 0;
  /** Attempts that the retry policy paid for (the shield is not one). */
  retries = 0;
  /** Faults that touched this request. */
  faults = 0;
  /** The fault whose abort comes after its delay. */
  drawnAbort: DrawnAbort | undefined;
  /** The faults that the answer will meet, if one comes. */
  drawnAnswers: DrawnAnswer[] | undefined;
  /** The answer that a fault put in the place of the endpoint's. */
  faultAnswer: AbortAnswer | undefined;
  /** Of the answer that has just failed. */
  retryAfter: string | undefined;
  /** The shield has hidden the candidate's failure. */
  shielded = false;
  /** True while this request counts among the service's retries in flight. */
  retrying = false;
  /** Where the route hedges. */
  hedge: Hedge | undefined;
  active = false;
  /** Of the last attempt's answer where its head told it; else -1. */
  grpcStatus = -1;
  /** Until the answer begins, where the service has an adaptive limit; else 0. */
  admittedAtMs = 0;
  /** When the call's own deadline ends; 0: it has none. */
  deadlineAtMs = 0;
  /** Of the endpoint's answer, as its body was framed. */
  responseBytes = 0;
  /** True once a part of the answer was written: from then on it can only be completed or broken off. */
  answering = false;
  upstream: UpstreamConnection | undefined;
  /** undefined: no filter changes the head, which then is copied in runs. */
  requestChanges: HeadEdits | undefined;
  responseChanges: HeadEdits | undefined;
  bodyFilters: BodyFilter[] | undefined;
  /** What was copied to shadow versions. */
  copies: ShadowRequest[] | undefined;
  /** Where the answers of the versions are compared. */
  comparison: Comparison | undefined;
  /** Once the request has become a WebSocket. */
  webSocket: WebSocketMeter | undefined;
  /** The spans of a request that is sampled. */
  trace: RequestTrace | undefined;
  /** Why the proxy answered itself. */
  errorCode: ErrorCode | undefined;

  constructor(runtime: Runtime, downstream: Downstream) {
    this.runtime = runtime;
    this.downstream = downstream;
  }

  get head(): RequestHead {
    return this.downstream.head;
  }

  get isHeadRequest(): boolean {
    return this.downstream.head.isHead;
  }

  get tunnel(): TunnelKind {
    return this.downstream.tunnel;
  }

  get isRequestSent(): boolean {
    return this.downstream.body.complete;
  }

  /** Without a byte either way for so long the exchange ends. */
  get idleTimeoutMs(): number {
    return this.plan?.idleTimeoutMs ?? this.runtime.limits.streamIdleMs;
  }

  get requestBytes(): number {
    return this.downstream.body.receivedBytes;
  }

  get maxBodyBytes(): number {
    return this.plan?.maxBodyBytes ?? Infinity;
  }

  /** A body that was partly streamed cannot be sent again. */
  get replayable(): boolean {
    return this.downstream.body.complete && !this.downstream.body.streamed && this.tunnel === '';
  }

  /** What filters change in the request's head; holds for every attempt. */
  requestEdits(): HeadEdits {
    return (this.requestChanges ??= new HeadEdits());
  }

  /** What filters change in the answer's head; the fields that are added go on our own answers too. */
  responseEdits(): HeadEdits {
    return (this.responseChanges ??= new HeadEdits());
  }

  /** To be called in a respond step: the answer's body goes through the filter; the first one stands next to the endpoint. */
  filterBody(filter: BodyFilter): void {
    (this.bodyFilters ??= []).push(filter);
  }

  /** The first attempt has ended. */
  protected countForArm(failed: boolean, us: number): void {
    if (!this.arm) return;
    this.arm.inFlight--;
    this.arm.origins?.record(failed, this.clientPoint, this.endpoint?.address);
    this.arm.record(failed, us);
  }

  protected meterWebSocket(startMs: number): void {
    const load = this.version?.webSockets;
    const handshakeMs = this.runtime.clock.nowMs() - startMs;
    if (load) this.webSocket = new WebSocketMeter(load, Math.round(handshakeMs * 1_000));
  }

  /** @param head - undefined: a fault stands for the answer @returns true where another attempt may do better */
  protected mayFail(status: number, head: ResponseHead | undefined): boolean {
    const may = status >= 500 || this.grpcStatus > 0 || this.plan?.retryStatuses?.has(status) === true;
    if (may) this.retryAfter = head ? head.get('retry-after') : this.faultAnswer?.retryAfter;
    return may;
  }

  /** @returns the status of HTTP that says what the answer of a gRPC endpoint says so far */
  protected readGrpcHead(head: ResponseHead): number {
    this.grpcStatus = readGrpcStatus(head.get('grpc-status'));
    return this.grpcStatus < 0 ? head.status : httpStatusOfGrpc(this.grpcStatus);
  }

  /** Where the head did not tell the outcome, the end does. */
  protected endCall(connection: UpstreamConnection): void {
    this.countMessages(connection);
    if (this.grpcStatus >= 0 || this.downstream.status !== 200) return;
    this.grpcStatus = grpcStatusOfTrailers(connection.trailers);
    this.downstream.status = httpStatusOfGrpc(this.grpcStatus);
  }

  /** Of the attempt that answers, or was broken off. */
  protected countMessages(connection: UpstreamConnection): void {
    const counters = connection.endpoint.protocol === 'grpc' ? this.plan?.counters.get(this.version) : undefined;
    const messages = counters && connection.messages;
    if (!counters || !messages) return;
    counters.sentMessages += messages.sent;
    counters.receivedMessages += messages.received;
  }

  protected clear(): void {
    this.plan = undefined;
    this.version = undefined;
    this.endpoint = undefined;
    this.member = undefined;
    this.arm = undefined;
    this.shieldVersion = undefined;
    this.perTryTimeoutMs = 0;
    this.timeoutMs = 0;
    this.attempts = 0;
    this.retries = 0;
    this.faults = 0;
    this.drawnAbort = undefined;
    this.drawnAnswers = undefined;
    this.faultAnswer = undefined;
    this.retryAfter = undefined;
    this.shielded = false;
    this.retrying = false;
    this.hedge = undefined;
    this.grpcStatus = -1;
    this.admittedAtMs = 0;
    this.deadlineAtMs = 0;
    this.answering = false;
    this.responseBytes = 0;
    this.requestChanges = undefined;
    this.responseChanges = undefined;
    this.bodyFilters = undefined;
    this.copies = undefined;
    this.comparison = undefined;
    this.webSocket = undefined;
    this.trace = undefined;
    this.errorCode = undefined;
  }
}

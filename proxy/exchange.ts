/**
 * One request and its answer on the way through the stack. Reused for every request of a client connection: nothing is
 * allocated per request. It runs the compiled steps of its route, makes attempts, forwards the answer, and ends in
 * exactly one of: answered, answered by the proxy itself, or broken off.
 */
import { ERRORS } from '../contracts/errors.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { answerHead, bodyEndOf, DECHUNKED, FRAMED, TUNNELLED, unframedHead } from './downstream/answer-head.ts';
import type { BodyEnd } from './downstream/answer-head.ts';
import type { BodyFilter } from './body-filter.ts';
import { BodyPipe, hasBody, pipeFraming } from './body-pipe.ts';
import type { Downstream } from './downstream/connection.ts';
import { ExchangeState } from './exchange-state.ts';
import { ExchangeTimers } from './exchange-timers.ts';
import type { Timed } from './exchange-timers.ts';
import type { ResponseHead } from './http1/head.ts';
import { CONTINUE, NO_STEPS } from './plan/plan.ts';
import type { AttemptFailure, AttemptOutcome, ServicePlan } from './plan/plan.ts';
import { routeOf } from './plan/route-of.ts';
import type { Runtime } from './runtime.ts';
import { answerTo, CLIENT_CLOSED, codeOf, FAILURE_OF_UPSTREAM, plainAnswer } from './rescue.ts';
import { recordOutcome } from './telemetry/record-outcome.ts';
import type { UpstreamConnection, UpstreamFailure, UpstreamUser } from './upstream/connection.ts';
import type { Endpoint } from './upstream/endpoint.ts';
import { sendBody, sendRequest } from './upstream/send-request.ts';

export class Exchange extends ExchangeState implements UpstreamUser, Timed {
  readonly #timers: ExchangeTimers;
  #step = 0;
  #inAttempt = false;
  #startMs = 0;
  #attemptStartMs = 0;
  #armRecorded = true;
  #attemptOpen = false;
  #fresh = false;
  #bodyEnd: BodyEnd = FRAMED;
  #backoffMs = 0;
  #afterDelay: ((exchange: Exchange) => boolean) | undefined;
  #pipe: BodyPipe | undefined;

  constructor(runtime: Runtime, downstream: Downstream) {
    super(runtime, downstream);
    this.#timers = new ExchangeTimers(runtime.wheel, this);
  }

  /** Starts with a head that is complete. @param service - undefined: no service answers to this host */
  begin(service: ServicePlan | undefined, startMs: number): void {
    this.active = true;
    this.#startMs = startMs;
    this.#attemptStartMs = startMs;
    this.clear();
    this.#armRecorded = true;
    this.#attemptOpen = this.#fresh = this.#inAttempt = false;
    this.#bodyEnd = FRAMED;
    this.#step = 0;
    this.plan = service && routeOf(service, this.head);
    this.runtime.requestsInFlight++;
    if (this.plan === undefined) {
      this.answer(this.downstream.host.unknownHost, `no service answers to the host "${this.head.hostname}"`);
      return;
    }
    this.plan.load.inFlight++;
    this.resume();
  }

  /** Runs steps until one suspends, answers, or the request is on its way. */
  resume(): void {
    const plan = this.plan;
    if (!this.active || !plan) return;
    while (!this.#inAttempt) {
      const step = plan.request[this.#step++];
      if (step === undefined) return this.attempt();
      if (step(this) !== CONTINUE) return;
    }
    for (;;) {
      const step = plan.attempt[this.#step++];
      if (step === undefined || step(this) !== CONTINUE) return;
    }
  }

  /** Begins an attempt on this.version. */
  attempt(): void {
    this.attempts++;
    this.#inAttempt = true;
    this.#attemptOpen = true;
    this.#step = 0;
    if (this.attempts === 1 && this.arm) {
      this.#armRecorded = false;
      this.arm.inFlight++;
    }
    if (this.perTryTimeoutMs > 0) this.#timers.armAttempt(this.perTryTimeoutMs);
    this.resume();
  }

  /** Waits, then asks `after` (true: it has ended the request or the attempt) and otherwise goes on with the steps. */
  suspendFor(ms: number, after?: (exchange: Exchange) => boolean): void {
    this.#afterDelay = after;
    this.#timers.armWait(ms);
  }

  onWaitOver(): void {
    if (!this.active) return;
    const after = this.#afterDelay;
    this.#afterDelay = undefined;
    // What was waited for above the attempts is not the arm's time; only the first attempt is ever measured.
    if (this.attempts === 0) this.#attemptStartMs = this.runtime.clock.nowMs();
    if (after === undefined || !after(this)) this.resume();
  }

  /** The shield takes over: counted, because the user will not see the failure. */
  shieldUsed(): void {
    this.shielded = true;
    if (this.arm) this.arm.shielded++;
  }

  /** Another attempt by the retry policy. @param backoffMs - waited before it */
  retryUsed(perTryTimeoutMs: number, backoffMs: number): void {
    this.retries++;
    this.perTryTimeoutMs = perTryTimeoutMs;
    this.#backoffMs = backoffMs;
    if (!this.retrying && this.plan) this.plan.load.retriesInFlight++;
    this.retrying = true;
  }

  armDeadline(ms: number): void {
    this.timeoutMs = ms;
    this.#timers.armDeadline(ms);
  }

  /** The innermost step: sends the request to the endpoint. */
  dispatch(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    if (this.tunnel !== '' && endpoint.protocol !== 'http1') this.answer('TUNNEL_UNSUPPORTED', endpoint.address);
    else this.upstream = endpoint.send(this, this.#fresh);
  }

  onUpstreamReady(connection: UpstreamConnection): void {
    this.upstream = connection;
    sendRequest(connection, this.downstream, this.runtime.addedFields, this.plan?.service ?? '', this.requestChanges);
    if (!this.downstream.body.complete) this.downstream.resume();
  }

  /** More of the body has come. @returns false to wait for onUpstreamDrain, or until the request is sent at all */
  bodyArrived(): boolean {
    const { body } = this.downstream;
    if (this.upstream && body.streamed) return sendBody(this.upstream, body);
    return body.heldBytes < this.runtime.limits.holdBodyBytes;
  }

  onUpstreamDrain(): void {
    this.downstream.resume();
  }

  onInterimHead(connection: UpstreamConnection, head: ResponseHead): void {
    if (this.head.minor === 1 && !this.downstream.writeText(unframedHead(head, false))) connection.pause();
  }

  onResponseHead(connection: UpstreamConnection, head: ResponseHead, complete: boolean, bodyText: string): boolean {
    const status = connection.endpoint.protocol === 'grpc' ? this.readGrpcHead(head) : head.status;
    this.#closeAttempt('answered', status);
    if (this.mayFail(status, head) && this.#failed('status', status, complete ? undefined : connection))
      return complete;
    this.#timers.attemptAnswered();
    this.answering = true;
    this.responseBytes = bodyText.length;
    this.downstream.status = status;
    for (const step of this.plan?.respond ?? NO_STEPS) step(this, head);
    if (head.status === 101 || (this.tunnel === 'connect' && head.status < 300)) this.#openTunnel(connection, head);
    else if (this.bodyFilters !== undefined && hasBody(head, this.isHeadRequest)) {
      this.#answerThroughPipe(head, this.bodyFilters, bodyText);
    } else {
      this.#bodyEnd = bodyEndOf(head, this.head, complete);
      const text = answerHead(head, this.downstream, this.#bodyEnd, this.responseChanges);
      this.downstream.writeText(bodyText === '' ? text : text + bodyText);
    }
    return true;
  }

  /** Where a filter may change the length, the framing towards the client is ours. */
  #answerThroughPipe(head: ResponseHead, filters: readonly BodyFilter[], bodyText: string): void {
    const chunkedIn = head.chunked;
    const framing = pipeFraming(head, this.head, filters);
    this.#bodyEnd = framing.bodyEnd;
    this.#pipe = new BodyPipe(filters, chunkedIn, framing.chunkedOut, {
      writeToClient: (bytes) => this.downstream.write(bytes, false),
      resumeSource: () => this.upstream?.resume(),
      ended: () => this.#pipeEnded(),
      broken: () => this.#breakOff(true),
    });
    this.downstream.writeText(answerHead(head, this.downstream, this.#bodyEnd, this.responseChanges));
    if (bodyText !== '') this.#pipe.push(Buffer.from(bodyText, 'latin1'));
  }

  #pipeEnded(): void {
    if (!this.active) return;
    // The filter has ended the body before the endpoint did: the rest of it is nobody's.
    this.#dropUpstream();
    this.#end(this.downstream.status, this.downstream.status >= 500);
  }

  /** A tunnel lives as long as its ends want: the route's timeout was for the answer. */
  #openTunnel(connection: UpstreamConnection, head: ResponseHead): void {
    this.#timers.deadlineMet();
    this.#bodyEnd = TUNNELLED;
    if (this.tunnel === 'websocket') this.meterWebSocket(this.#startMs);
    this.downstream.openTunnel(connection, unframedHead(head, this.tunnel === 'websocket'));
  }

  onResponseBody(connection: UpstreamConnection, bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.responseBytes += bytes.length;
    const open = this.#pipe ? this.#pipe.push(bytes) : this.downstream.write(bytes, this.#bodyEnd === DECHUNKED);
    if (!open) connection.pause();
  }

  onDownstreamDrain(): void {
    if (this.#pipe) this.#pipe.onDrain();
    else this.upstream?.resume();
  }

  onResponseEnd(connection: UpstreamConnection): void {
    if (connection !== this.upstream) return;
    this.upstream = undefined;
    if (!this.active || !this.answering) return;
    if (connection.endpoint.protocol === 'grpc') this.endCall(connection);
    if (this.#pipe) this.#pipe.finish();
    else this.#end(this.downstream.status, this.downstream.status >= 500);
  }

  onTunnelData(connection: UpstreamConnection, bytes: Buffer): void {
    this.webSocket?.fromEndpoint(bytes);
    if (!this.downstream.write(bytes, false)) connection.pause();
  }

  onTunnelEnd(): void {
    this.downstream.endTunnel();
  }

  onTunnelClosed(): void {
    this.upstream = undefined;
    if (this.active) this.#end(this.downstream.status, false);
  }

  onUpstreamFailure(_connection: UpstreamConnection, failure: UpstreamFailure, silent: boolean): void {
    this.upstream = undefined;
    if (!this.active) return;
    if (this.answering) this.#breakOff(true);
    else if (((silent && this.head.isIdempotent) || failure === 'refused') && this.replayable && !this.#fresh) {
      this.#fresh = true;
      if (this.endpoint) this.dispatch(this.endpoint);
    } else this.attemptFailed(FAILURE_OF_UPSTREAM[failure]);
  }

  /** An attempt failed without an answer (really, or by a fault). @param status - of a fault that stands for an answer */
  attemptFailed(failure: AttemptFailure, status = 0): void {
    this.#closeAttempt(failure, status);
    if ((failure !== 'status' || this.mayFail(status, undefined)) && this.#failed(failure, status, undefined)) return;
    if (failure === 'status') this.answer('FAULT_ABORT', 'a fault answered in the place of the endpoint', status);
    else this.answer(codeOf(failure, this.endpoint), `${this.endpoint?.address ?? this.version?.name ?? ''}`);
  }

  /** Counts the failure and asks the failure steps. @returns true when another attempt has begun */
  #failed(failure: AttemptFailure, status: number, connection: UpstreamConnection | undefined): boolean {
    this.#timers.attemptFailed();
    this.drawnAbort = undefined;
    this.#recordArm(failure !== 'status' || status >= 500);
    for (const step of this.plan?.failure ?? []) {
      if (!step(this, failure, status)) continue;
      connection?.destroy();
      this.upstream = undefined;
      this.#fresh = false;
      this.#attemptAfterBackoff();
      return true;
    }
    return false;
  }

  #attemptAfterBackoff(): void {
    const waitMs = this.#backoffMs;
    this.#backoffMs = 0;
    if (waitMs < 1) this.attempt();
    else this.suspendFor(waitMs, beginAttempt);
  }

  #closeAttempt(outcome: AttemptOutcome, status: number): void {
    if (!this.#attemptOpen) return;
    this.#attemptOpen = false;
    for (const step of this.plan?.attemptEnd ?? NO_STEPS) step(this, outcome, status);
  }

  /** The answer that the proxy makes itself; where another one has begun, that one is broken off. */
  answer(code: ErrorCode, detail: string, status: number = ERRORS[code].status): void {
    this.runtime.errors.set(code, (this.runtime.errors.get(code) ?? 0) + 1);
    this.errorCode ??= code;
    if (this.answering) {
      this.#breakOff(status >= 500);
      return;
    }
    this.#beginOwnAnswer(status);
    const [close, fields] = [this.downstream.connectionField(), this.responseChanges?.lines];
    this.downstream.writeText(answerTo(this.head, code, detail, status, close, fields, this.faultAnswer));
    this.#end(status, status >= 500);
  }

  /** An answer that the configuration asks for: a redirect, a direct response. @param fields - lines that end in CRLF */
  answerPlainly(status: number, fields: string, body: string): void {
    this.#beginOwnAnswer(status);
    const all = this.responseChanges ? this.responseChanges.keptOf(fields) + this.responseChanges.lines : fields;
    this.downstream.writeText(plainAnswer(status, all, body, this.downstream.connectionField(), this.isHeadRequest));
    this.#end(status, status >= 500);
  }

  #beginOwnAnswer(status: number): void {
    this.#dropUpstream();
    if (!this.downstream.body.complete || this.tunnel === 'connect') this.downstream.closeAfter = true;
    this.downstream.status = status;
    this.answering = true;
  }

  /** Breaks the client's connection instead of answering (fault). */
  reset(): void {
    this.#dropUpstream();
    this.downstream.reset();
    this.#end(0, true);
  }

  /** An answer that cannot be completed must not look complete: where the connection's end would end it, reset it. */
  #breakOff(failed: boolean): void {
    this.#dropUpstream();
    if (this.#bodyEnd === FRAMED) this.downstream.destroy();
    else this.downstream.reset();
    this.#end(0, failed);
  }

  /**
   * The client has gone. A first attempt that had not ended counts with the time it took so far.
   * @param inOrder - it had closed its side: a tunnel's last bytes still go out
   */
  clientGone(inOrder: boolean): void {
    if (!this.active) return;
    const isTunnel = this.#bodyEnd === TUNNELLED;
    if (isTunnel && inOrder) {
      this.upstream?.leaveTunnel();
      this.upstream = undefined;
    } else this.#dropUpstream();
    this.#end(isTunnel ? this.downstream.status : CLIENT_CLOSED, false);
  }

  #dropUpstream(): void {
    if (this.upstream) this.countMessages(this.upstream);
    this.upstream?.destroy();
    this.upstream = undefined;
  }

  onDeadline(): void {
    if (!this.active) return;
    this.#recordArm(true);
    this.#closeAttempt('timeout', 0);
    this.answer('UPSTREAM_TIMEOUT', `no answer within ${this.timeoutMs} ms`);
  }

  onAttemptTimeout(): void {
    if (!this.active || this.answering) return;
    this.#dropUpstream();
    this.attemptFailed('timeout');
  }

  #recordArm(failed: boolean): void {
    if (this.#armRecorded) return;
    this.#armRecorded = true;
    this.countForArm(failed, Math.round((this.runtime.clock.nowMs() - this.#attemptStartMs) * 1_000));
  }

  #end(status: number, failed: boolean): void {
    this.active = false;
    this.#timers.cancelAll();
    this.#pipe?.cancel();
    this.#pipe = undefined;
    this.#closeAttempt('abandoned', 0);
    if (!this.#armRecorded) this.#recordArm(failed);
    this.runtime.requestsInFlight--;
    const nowMs = this.runtime.clock.nowMs();
    const us = Math.round((nowMs - this.#startMs) * 1_000);
    const plan = this.plan;
    if (plan) {
      plan.load.inFlight--;
      if (this.retrying) plan.load.retriesInFlight--;
      recordOutcome(plan, this, status, us);
      for (const step of plan.end ?? NO_STEPS) step(this, status, failed, us);
    }
    this.runtime.observe?.(this, status, us);
    this.downstream.exchangeEnded(nowMs);
  }
}

function beginAttempt(exchange: Exchange): boolean {
  exchange.attempt();
  return true;
}

/**
 * One request and its answer on the way through the stack. Reused for every request of a client connection: nothing is
 * allocated per request. It runs the compiled steps of its route, makes attempts, forwards the answer, and ends in
 * exactly one of: answered, answered by the proxy itself, or broken off.
 */
import { ERRORS } from '../contracts/errors.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { Downstream } from './downstream/connection.ts';
import type { RequestHead, ResponseHead } from './http1/head.ts';
import { writeRequestHead, writeResponseHead } from './http1/write-head.ts';
import { CONTINUE } from './plan/plan.ts';
import type { AttemptFailure, RoutePlan, ServicePlan, VersionPlan } from './plan/plan.ts';
import type { ActiveFault } from './faults.ts';
import type { Runtime } from './runtime.ts';
import { localAnswer } from './rescue.ts';
import type { ArmCounters } from './telemetry/counters.ts';
import { Timer } from './timer-wheel.ts';
import type { UpstreamConnection, UpstreamFailure, UpstreamUser } from './upstream/connection.ts';
import type { Endpoint } from './upstream/endpoint.ts';

/** The client went away before its answer was complete (nginx's code for it). */
const CLIENT_CLOSED = 499;

export class Exchange implements UpstreamUser {
  readonly runtime: Runtime;
  readonly downstream: Downstream;
  readonly #deadline: Timer;
  readonly #attemptTimer: Timer;
  readonly #delay: Timer;
  plan: RoutePlan | undefined;
  version: VersionPlan | undefined;
  endpoint: Endpoint | undefined;
  /** The arm that counts the first attempt, when an experiment is on. */
  arm: ArmCounters | undefined;
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
  drawnAbort: ActiveFault | undefined;
  /** True while this request counts among the service's retries in flight. */
  retrying = false;
  active = false;
  #upstream: UpstreamConnection | undefined;
  #step = 0;
  #inAttempt = false;
  #startMs = 0;
  #attemptStartMs = 0;
  #armRecorded = true;
  #answering = false;
  #fresh = false;
  #framed = true;
  #shielded = false;
  #backoffMs = 0;
  #afterDelay: ((exchange: Exchange) => boolean) | undefined;

  constructor(runtime: Runtime, downstream: Downstream) {
    this.runtime = runtime;
    this.downstream = downstream;
    this.#deadline = new Timer(() => this.#onDeadline());
    this.#attemptTimer = new Timer(() => this.#onAttemptTimeout());
    this.#delay = new Timer(() => this.#onDelayOver());
  }

  get head(): RequestHead {
    return this.downstream.head;
  }

  get isHeadRequest(): boolean {
    return this.downstream.head.isHead;
  }

  get isTunnelRequest(): boolean {
    return this.downstream.isTunnelRequest;
  }

  /** A body that was partly streamed cannot be sent again. */
  get replayable(): boolean {
    return this.downstream.body.complete && !this.downstream.body.streamed && !this.isTunnelRequest;
  }

  /** Starts with a head that is complete. @param service - undefined: no service answers to this host */
  begin(service: ServicePlan | undefined, startMs: number): void {
    this.active = true;
    this.#startMs = startMs;
    this.version = undefined;
    this.endpoint = undefined;
    this.arm = undefined;
    this.shieldVersion = undefined;
    this.perTryTimeoutMs = 0;
    this.timeoutMs = 0;
    this.attempts = 0;
    this.retries = 0;
    this.faults = 0;
    this.drawnAbort = undefined;
    this.#afterDelay = undefined;
    this.#shielded = false;
    this.retrying = false;
    this.#armRecorded = true;
    this.#answering = false;
    this.#fresh = false;
    this.#step = 0;
    this.#inAttempt = false;
    this.plan = service && routeOf(service, this.head);
    this.runtime.requestsInFlight++;
    if (this.plan === undefined) {
      this.answer('ROUTE_NOT_FOUND', `no service answers to the host "${this.head.hostname}"`);
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
      const step = plan.request[this.#step];
      if (step === undefined) this.attempt();
      else {
        this.#step++;
        if (step(this) !== CONTINUE) return;
        continue;
      }
      return;
    }
    for (let step = plan.attempt[this.#step]; step !== undefined; step = plan.attempt[this.#step]) {
      this.#step++;
      if (step(this) !== CONTINUE) return;
    }
  }

  /** Begins an attempt on this.version. */
  attempt(): void {
    this.attempts++;
    this.#inAttempt = true;
    this.#step = 0;
    this.#attemptStartMs = this.attempts === 1 ? this.#startMs : this.runtime.clock.nowMs();
    if (this.attempts === 1) this.#armRecorded = this.arm === undefined;
    if (this.perTryTimeoutMs > 0) this.runtime.wheel.arm(this.#attemptTimer, this.perTryTimeoutMs);
    this.resume();
  }

  /** Waits, then asks `after` (true: it has ended the request or the attempt) and otherwise goes on with the steps. */
  suspendFor(ms: number, after?: (exchange: Exchange) => boolean): void {
    this.#afterDelay = after;
    this.runtime.wheel.arm(this.#delay, ms);
  }

  #onDelayOver(): void {
    if (!this.active) return;
    const after = this.#afterDelay;
    this.#afterDelay = undefined;
    if (after === undefined || !after(this)) this.resume();
  }

  /** The shield takes over: counted, because the user will not see the failure. */
  shieldUsed(): void {
    this.#shielded = true;
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
    this.runtime.wheel.arm(this.#deadline, ms);
  }

  /** The innermost step: sends the request to the endpoint. */
  dispatch(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.#upstream = endpoint.send(this, this.#fresh);
  }

  onUpstreamReady(connection: UpstreamConnection): void {
    this.#upstream = connection;
    const { body } = this.downstream;
    const text = writeRequestHead(this.head, {
      added: this.runtime.addedFields,
      fallbackHost: this.plan?.service ?? '',
      upgrade: this.downstream.isWebSocket,
      keepExpect: !body.complete,
    });
    if (body.empty) connection.writeText(text);
    else {
      connection.cork();
      connection.writeText(text);
      const streaming = !body.complete;
      for (const part of streaming ? body.takeFramed() : body.framed()) connection.write(part);
      connection.uncork();
      if (streaming) this.downstream.resumeBody();
    }
  }

  /** More of a streamed body has come. @returns false to wait for onUpstreamDrain */
  bodyArrived(): boolean {
    const connection = this.#upstream;
    if (!connection || !this.downstream.body.streamed)
      return this.downstream.body.heldBytes < this.runtime.limits.holdBodyBytes;
    let open = true;
    for (const part of this.downstream.body.takeFramed()) open = connection.write(part) && open;
    return open;
  }

  onUpstreamDrain(): void {
    this.downstream.resumeBody();
  }

  onResponseHead(connection: UpstreamConnection, head: ResponseHead, complete: boolean, bodyText: string): boolean {
    if (head.status < 200 && head.status !== 101) {
      if (this.head.minor === 1 && !this.#answering) this.downstream.writeText(writeResponseHead(head, INTERIM));
      return true;
    }
    if (head.status >= 500 && this.#failed('status', head.status, complete ? undefined : connection)) return complete;
    this.runtime.wheel.cancel(this.#attemptTimer);
    this.#answering = true;
    this.downstream.status = head.status;
    if (this.isTunnelRequest && (head.status === 101 || head.status < 300)) {
      this.downstream.openTunnel(connection, writeResponseHead(head, this.downstream.isWebSocket ? UPGRADED : INTERIM));
      return true;
    }
    this.#forwardHead(head, complete, bodyText);
    return true;
  }

  #forwardHead(head: ResponseHead, complete: boolean, bodyText: string): void {
    const unknownLength = !complete && !head.chunked && head.contentLength < 0;
    const toOldClient = this.head.minor === 0;
    const chunked = head.chunked && !complete && !toOldClient;
    this.#framed = chunked || !head.chunked;
    if (unknownLength || (head.chunked && toOldClient && !complete)) this.downstream.closeAfter = true;
    if (!this.downstream.body.complete) this.downstream.closeAfter = true;
    const text = writeResponseHead(head, {
      chunked: chunked || (head.chunked && this.isHeadRequest),
      dropLength: head.contentLength >= 0 && head.status === 204,
      connection: this.downstream.connectionField(),
    });
    this.downstream.writeText(bodyText === '' ? text : text + bodyText);
  }

  onResponseBody(connection: UpstreamConnection, bytes: Buffer): void {
    if (bytes.length > 0 && !this.downstream.write(bytes, !this.#framed)) connection.pause();
  }

  onDownstreamDrain(): void {
    this.#upstream?.resume();
  }

  onResponseEnd(connection: UpstreamConnection): void {
    if (connection !== this.#upstream) return;
    this.#upstream = undefined;
    if (this.active && this.#answering) this.#end(this.downstream.status, this.downstream.status >= 500);
  }

  onTunnelData(connection: UpstreamConnection, bytes: Buffer): void {
    if (!this.downstream.write(bytes, false)) connection.pause();
  }

  onTunnelEnd(): void {
    this.downstream.endTunnel();
  }

  onUpstreamFailure(_connection: UpstreamConnection, failure: UpstreamFailure, silent: boolean): void {
    this.#upstream = undefined;
    if (!this.active) return;
    if (this.#answering) {
      this.#end(0, true);
      this.downstream.destroy();
    } else if (silent && this.head.isIdempotent && this.replayable && !this.#fresh) {
      this.#fresh = true;
      if (this.endpoint) this.dispatch(this.endpoint);
    } else this.attemptFailed(failure === 'stalled' ? 'timeout' : failure);
  }

  /** An attempt failed without an answer (really, or by a fault). */
  attemptFailed(failure: AttemptFailure, status = 0): void {
    if (this.#failed(failure, status, undefined)) return;
    if (failure === 'status') this.answer('FAULT_ABORT', 'a fault answered in the place of the endpoint', status);
    else this.answer(CODE_OF_FAILURE[failure], `${this.endpoint?.address ?? this.version?.name ?? ''}`);
  }

  /** Counts the failure and asks the failure steps. @returns true when another attempt has begun */
  #failed(failure: AttemptFailure, status: number, connection: UpstreamConnection | undefined): boolean {
    this.runtime.wheel.cancel(this.#attemptTimer);
    this.#recordArm(true);
    for (const step of this.plan?.failure ?? []) {
      if (!step(this, failure, status)) continue;
      connection?.destroy();
      this.#upstream = undefined;
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
    else {
      this.suspendFor(waitMs, () => {
        this.attempt();
        return true;
      });
    }
  }

  /** The answer that the proxy makes itself. */
  answer(code: ErrorCode, detail: string, status: number = ERRORS[code].status): void {
    this.runtime.errors.set(code, (this.runtime.errors.get(code) ?? 0) + 1);
    this.#dropUpstream();
    if (!this.downstream.body.complete) this.downstream.closeAfter = true;
    this.downstream.status = status;
    this.#answering = true;
    this.downstream.writeText(localAnswer(code, detail, status, this.downstream.connectionField(), this.isHeadRequest));
    this.#end(status, status >= 500);
  }

  /** Breaks the client's connection instead of answering (fault). */
  reset(): void {
    this.#dropUpstream();
    this.#end(0, true);
    this.downstream.reset();
  }

  /** The client has gone. A first attempt that had not ended counts with the time it took so far. */
  clientGone(): void {
    if (!this.active) return;
    this.#dropUpstream();
    this.#end(CLIENT_CLOSED, false);
  }

  tunnelClosed(): void {
    this.#dropUpstream();
    if (this.active) this.#end(this.downstream.status, false);
  }

  get upstream(): UpstreamConnection | undefined {
    return this.#upstream;
  }

  get elapsedMs(): number {
    return this.runtime.clock.nowMs() - this.#startMs;
  }

  #dropUpstream(): void {
    this.#upstream?.destroy();
    this.#upstream = undefined;
  }

  #onDeadline(): void {
    if (!this.active) return;
    this.#recordArm(true);
    this.#dropUpstream();
    if (this.#answering) {
      this.#end(0, true);
      this.downstream.destroy();
    } else this.answer('UPSTREAM_TIMEOUT', `no answer within ${this.timeoutMs} ms`);
  }

  #onAttemptTimeout(): void {
    if (!this.active || this.#answering) return;
    this.#dropUpstream();
    this.attemptFailed('timeout');
  }

  #recordArm(failed: boolean): void {
    if (this.#armRecorded || !this.arm) return;
    this.#armRecorded = true;
    this.arm.record(failed, Math.round((this.runtime.clock.nowMs() - this.#attemptStartMs) * 1_000));
  }

  #end(status: number, failed: boolean): void {
    this.active = false;
    const { wheel } = this.runtime;
    if (this.#deadline.armed) wheel.cancel(this.#deadline);
    if (this.#attemptTimer.armed) wheel.cancel(this.#attemptTimer);
    if (this.#delay.armed) wheel.cancel(this.#delay);
    if (!this.#armRecorded) this.#recordArm(failed);
    this.runtime.requestsInFlight--;
    const plan = this.plan;
    if (plan) {
      plan.load.inFlight--;
      if (this.retrying) plan.load.retriesInFlight--;
      const counters = plan.counters.get(this.version);
      if (counters) {
        counters.record(status, Math.round((this.runtime.clock.nowMs() - this.#startMs) * 1_000));
        counters.retries += this.retries;
        counters.faults += this.faults;
        if (this.#shielded) counters.shielded++;
      }
    }
    this.downstream.exchangeEnded();
  }
}

const INTERIM = { chunked: false, dropLength: false, connection: '' } as const;
const UPGRADED = { chunked: false, dropLength: false, connection: 'upgrade' } as const;

const CODE_OF_FAILURE = {
  status: 'FAULT_ABORT',
  reset: 'UPSTREAM_RESET',
  connect: 'UPSTREAM_CONNECT_FAILED',
  timeout: 'UPSTREAM_TIMEOUT',
  malformed: 'UPSTREAM_MALFORMED',
  'no-endpoint': 'UPSTREAM_NO_ENDPOINT',
} as const satisfies Record<AttemptFailure, ErrorCode>;

function routeOf(service: ServicePlan, head: RequestHead): RoutePlan | undefined {
  for (const route of service.routes) if (route.matches === undefined || route.matches(head)) return route;
  return undefined;
}

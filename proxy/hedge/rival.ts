/**
 * A second attempt beside the first: the same request on its way to another endpoint. Until it is adopted it is on its
 * own; then everything that comes from its connection goes to the exchange, as if the exchange had sent it.
 */
import type { PoolMember } from '../balancing/pool.ts';
import type { Exchange } from '../exchange.ts';
import { abortAttempt, typeOfAbort } from '../faults/step.ts';
import type { DrawnAbort } from '../faults/step.ts';
import type { ResponseHead } from '../http1/head.ts';
import type { AttemptOutcome } from '../plan/plan.ts';
import { FAILURE_OF_UPSTREAM } from '../rescue.ts';
import { Timer } from '../timer-wheel.ts';
import type { TunnelKind, UpstreamConnection, UpstreamFailure, UpstreamUser } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { sendRequest } from '../upstream/send-request.ts';
import type { DrawnFaults } from './rival-faults.ts';

export type Target = { readonly endpoint: Endpoint; readonly member: PoolMember | undefined };

export type RivalEvents = {
  /** A good answer has come first: from here on the rival is the exchange's. */
  readonly won: (rival: Rival) => void;
  /** It has failed, or was answered with an error. */
  readonly lost: (rival: Rival) => void;
};

export class Rival implements UpstreamUser {
  readonly target: Target;
  readonly #exchange: Exchange;
  readonly #events: RivalEvents;
  readonly #delay = new Timer(() => this.#send());
  #abort: DrawnAbort | undefined;
  #dueMs = 0;
  #adopted = false;
  connection: UpstreamConnection | undefined;

  constructor(exchange: Exchange, target: Target, events: RivalEvents) {
    this.#exchange = exchange;
    this.target = target;
    this.#events = events;
    target.member?.pool.begin(target.member);
  }

  get isHeadRequest(): boolean {
    return this.#exchange.isHeadRequest;
  }

  /** Only what can be repeated has a rival, and a tunnel cannot. */
  get tunnel(): TunnelKind {
    return '';
  }

  get isRequestSent(): boolean {
    return this.#exchange.isRequestSent;
  }

  /** Meets the faults that were drawn for it: the delay first, then the abort. */
  start({ delayMs, abort }: DrawnFaults): void {
    this.#abort = abort;
    const { wheel, clock } = this.#exchange.runtime;
    this.#dueMs = clock.nowMs() + delayMs;
    if (delayMs > 0) wheel.arm(this.#delay, delayMs);
    else this.#send();
  }

  #send(): void {
    const abort = this.#abort;
    if (abort === undefined) {
      this.connection = this.target.endpoint.send(this, false);
      if (this.#adopted) this.#exchange.upstream = this.connection;
      return;
    }
    const { fault, answer } = abort;
    fault.count(typeOfAbort(answer));
    if (!this.#adopted)
      this.#lose(typeof answer === 'string' ? answer : 'status', typeof answer === 'string' ? 0 : answer.status);
    else abortAttempt(this.#exchange, answer);
  }

  /** Becomes the exchange's attempt; its endpoint is counted in flight by the exchange from here on. */
  adopt(): void {
    this.#adopted = true;
    const exchange = this.#exchange;
    const before = exchange.member;
    before?.pool.end(before);
    exchange.endpoint = this.target.endpoint;
    exchange.member = this.target.member;
    exchange.upstream = this.connection;
    if (!this.#delay.armed) return;
    // The rest of its delay is the exchange's to wait for, and to break off.
    exchange.runtime.wheel.cancel(this.#delay);
    exchange.suspendFor(Math.max(0, this.#dueMs - exchange.runtime.clock.nowMs()), () => {
      this.#send();
      return true;
    });
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#exchange.runtime.wheel.cancel(this.#delay);
    this.connection?.destroy();
    this.#release();
  }

  #release(): void {
    const { member } = this.target;
    if (!this.#adopted) member?.pool.end(member);
  }

  #lose(outcome: AttemptOutcome, status: number): void {
    const { member } = this.target;
    member?.pool.detector?.observe(member, outcome, status, this.#exchange.runtime.clock.nowMs());
    this.#release();
    this.#events.lost(this);
  }

  onUpstreamReady(connection: UpstreamConnection): void {
    const { downstream, runtime, plan, requestChanges } = this.#exchange;
    this.connection = connection;
    if (this.#adopted) this.#exchange.upstream = connection;
    sendRequest(connection, downstream, runtime.addedFields, plan?.service ?? '', requestChanges);
  }

  onInterimHead(connection: UpstreamConnection, head: ResponseHead): void {
    if (this.#adopted) this.#exchange.onInterimHead(connection, head);
  }

  onResponseHead(connection: UpstreamConnection, head: ResponseHead, complete: boolean, bodyText: string): boolean {
    if (!this.#adopted) {
      if (head.status >= 500) {
        this.#lose('answered', head.status);
        if (!complete) connection.destroy();
        return complete;
      }
      this.#events.won(this);
    }
    return this.#exchange.onResponseHead(connection, head, complete, bodyText);
  }

  onResponseBody(connection: UpstreamConnection, bytes: Buffer): void {
    this.#exchange.onResponseBody(connection, bytes);
  }

  onResponseEnd(connection: UpstreamConnection): void {
    if (this.#adopted) this.#exchange.onResponseEnd(connection);
  }

  onTunnelData(): void {
    this.connection?.destroy();
  }

  onTunnelEnd(): void {
    this.connection?.destroy();
  }

  onTunnelClosed(): void {
    this.connection?.destroy();
  }

  onUpstreamFailure(connection: UpstreamConnection, failure: UpstreamFailure, silent: boolean): void {
    if (this.#adopted) this.#exchange.onUpstreamFailure(connection, failure, silent);
    else this.#lose(FAILURE_OF_UPSTREAM[failure], 0);
  }

  onUpstreamDrain(): void {
    if (this.#adopted) this.#exchange.onUpstreamDrain();
  }
}

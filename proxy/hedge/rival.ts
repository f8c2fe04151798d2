/**
 * A second attempt beside the first: the same request on its way to another endpoint. Until it is adopted it is on its
 * own; then everything that comes from its connection goes to the exchange, as if the exchange had sent it.
 */
import type { PoolMember } from '../balancing/pool.ts';
import type { Exchange } from '../exchange.ts';
import { abortAttempt, typeOfAbort } from '../faults/step.ts';
import type { Wait } from '../faults/active-fault.ts';
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
  #wait: Wait | undefined;
  #delays: DrawnFaults['delays'] = [];
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
  start({ delays, abort }: DrawnFaults): void {
    this.#abort = abort;
    const totalMs = delays.reduce((sum, { ms }) => sum + ms, 0);
    if (totalMs === 0) {
      this.#send();
      return;
    }
    const startMs = this.#exchange.runtime.clock.nowMs();
    const wait: Wait = { startMs, totalMs, waitFor: (ms) => this.#waitFor(ms) };
    this.#delays = delays;
    this.#wait = wait;
    this.#hold(this, wait);
    this.#waitFor(totalMs);
  }

  /** Once adopted, the wait is the exchange's to break off. */
  #waitFor(ms: number): void {
    const { wheel, clock } = this.#exchange.runtime;
    this.#dueMs = clock.nowMs() + ms;
    if (!this.#adopted) wheel.arm(this.#delay, ms);
    else this.#exchange.suspendFor(ms, this.#sendAdopted);
  }

  readonly #sendAdopted = (): true => {
    this.#send();
    return true;
  };

  /** Held in its own name until it is adopted, then in that of the exchange, whose end lets go of it. */
  #hold(who: object, wait: Wait): void {
    for (const { fault, ms } of this.#delays) if (fault.active) fault.hold(who, ms, wait);
  }

  #letGo(): void {
    for (const { fault } of this.#delays) fault.letGo(this.#adopted ? this.#exchange : this);
  }

  #send(): void {
    this.#letGo();
    const abort = this.#abort?.fault.active === true ? this.#abort : undefined;
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
    this.#letGo();
    this.#adopted = true;
    const exchange = this.#exchange;
    const before = exchange.member;
    before?.pool.end(before);
    exchange.endpoint = this.target.endpoint;
    exchange.member = this.target.member;
    exchange.upstream = this.connection;
    if (!this.#delay.armed) return;
    exchange.runtime.wheel.cancel(this.#delay);
    if (this.#wait) this.#hold(exchange, this.#wait);
    this.#waitFor(Math.max(0, this.#dueMs - exchange.runtime.clock.nowMs()));
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.#exchange.runtime.wheel.cancel(this.#delay);
    this.#letGo();
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

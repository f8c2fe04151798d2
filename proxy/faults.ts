/** The faults in force: each under a lease on our own clock, counted, and repeatable by its seed. */
import type { FaultDocument } from '../contracts/document.ts';
import type { FaultSpec } from '../contracts/fault.ts';
import type { FaultTotal } from './dataplane-api.ts';
import type { RequestHead } from './http1/head.ts';
import { compileMatch } from './plan/match.ts';
import type { Predicate } from './plan/match.ts';
import { hashText, mix, ppmOf } from './random.ts';
import type { Runtime } from './runtime.ts';

export class ActiveFault {
  readonly name: string;
  readonly spec: FaultSpec;
  readonly #runtime: Runtime;
  readonly #matches: Predicate | undefined;
  readonly #generation: number;
  readonly #seed: number;
  #expiresAtMs = 0;
  /** Requests that this fault has looked at: the identity of a request that brings none of its own. */
  #ordinal = 0;
  delays = 0;
  aborts = 0;
  resets = 0;

  constructor(runtime: Runtime, document: FaultDocument) {
    this.name = document.metadata.name;
    this.spec = document.spec;
    this.#runtime = runtime;
    this.#matches = compileMatch(document.spec.match);
    this.#generation = runtime.halt.generation;
    this.#seed = hashText(document.metadata.name, document.spec.seed);
    this.renew();
  }

  renew(): void {
    this.#expiresAtMs = this.#runtime.clock.nowMs() + this.spec.lease;
  }

  get leaseLeftMs(): number {
    return Math.max(0, this.#expiresAtMs - this.#runtime.clock.nowMs());
  }

  get active(): boolean {
    return this.#generation === this.#runtime.halt.generation && this.#runtime.clock.nowMs() < this.#expiresAtMs;
  }

  /**
   * Whether this request meets the fault. The answer is a hash of the seed, the fault's name and the request's identity
   * (x-request-id, or the how-manieth request it is): a replay of the same requests meets the same faults. Each attempt
   * of a request is drawn for itself, or a retry could never heal what a fault of 10 percent broke.
   * @param attempt - 0 at request level, then 1, 2, …
   */
  hits(head: RequestHead, version: string | undefined, attempt: number): boolean {
    if (!this.active) return false;
    if (this.spec.version !== undefined && this.spec.version !== version) return false;
    if (this.#matches !== undefined && !this.#matches(head)) return false;
    const ordinal = this.#ordinal++;
    const id = head.get('x-request-id');
    const hash = id === undefined ? mix(this.#seed ^ mix(ordinal)) : hashText(id, mix(this.#seed + attempt));
    return ppmOf(hash) < this.spec.percent;
  }

  totals(): FaultTotal[] {
    const { name: fault, spec } = this;
    const out: FaultTotal[] = [];
    const base = { fault, service: spec.service, at: spec.at };
    if (spec.delay) out.push({ ...base, type: 'delay', injected: this.delays });
    if (spec.abort?.status !== undefined) out.push({ ...base, type: 'abort', injected: this.aborts });
    if (spec.abort?.reset) out.push({ ...base, type: 'reset', injected: this.resets });
    return out;
  }
}

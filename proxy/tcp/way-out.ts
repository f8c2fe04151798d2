/** The endpoints that a connection may go to, one after the other, as balancing, health and limits have it. */
import { isAvailable } from '../balancing/pool.ts';
import type { PoolMember } from '../balancing/pool.ts';
import { nextEndpoint } from '../filters/balancing.ts';
import type { VersionPlan } from '../plan/plan.ts';
import { hashText } from '../random.ts';
import type { Endpoint } from '../upstream/endpoint.ts';

/** How often another endpoint is drawn than those that could not be reached, before one is taken from the list. */
const REDRAWS = 3;

export class WayOut {
  readonly #version: VersionPlan;
  readonly #hash: number | undefined;
  readonly #tried = new Set<Endpoint>();
  #member: PoolMember | undefined;

  /** @param clientIp - the key, where the service hashes on it; a connection has no other */
  constructor(version: VersionPlan, clientIp: string | undefined) {
    this.#version = version;
    const hashes = version.pool?.hashesOnSource === true && clientIp !== undefined;
    this.#hash = hashes ? hashText(clientIp, 0) : undefined;
  }

  /** Counts a refusal. @returns false where the circuit breaker allows no further connection */
  hasRoom(): boolean {
    const { pool } = this.#version;
    if (pool === undefined || pool.hasRoomForBytes()) return true;
    pool.overflows.pending++;
    return false;
  }

  /** @returns undefined where there is none that has not been tried */
  next(nowMs: number): Endpoint | undefined {
    const endpoint = this.#version.pool ? this.#fromPool(nowMs) : this.#inTurn();
    if (endpoint) this.#tried.add(endpoint);
    return endpoint;
  }

  #inTurn(): Endpoint | undefined {
    const next = nextEndpoint(this.#version, undefined);
    return next && this.#tried.has(next) ? this.#version.endpoints.find((e) => !this.#tried.has(e)) : next;
  }

  #fromPool(nowMs: number): Endpoint | undefined {
    const { pool } = this.#version;
    let member = pool?.choose(nowMs, this.#hash, undefined);
    for (let i = 0; i < REDRAWS && member && this.#tried.has(member.endpoint); i++) {
      member = pool?.choose(nowMs, undefined, undefined);
    }
    if (member && this.#tried.has(member.endpoint)) {
      member = pool?.members.find((m) => isAvailable(m) && !this.#tried.has(m.endpoint));
    }
    if (member) member.pool.beginBytes(member);
    this.#member = member;
    return member?.endpoint;
  }

  /** What a connection tells of its endpoint is whether it could be made. */
  opened(nowMs: number): void {
    this.#member?.pool.detector?.observe(this.#member, 'answered', 200, nowMs);
  }

  failed(nowMs: number): void {
    const member = this.#member;
    this.close();
    member?.pool.detector?.observe(member, 'connect', 0, nowMs);
  }

  /** The connection is over. */
  close(): void {
    const member = this.#member;
    this.#member = undefined;
    if (member) member.pool.endBytes(member);
  }
}

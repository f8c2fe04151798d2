/**
 * Hedging of one request: when it has no answer after a while, rivals go to other endpoints, and the first good answer
 * is the answer. The first attempt goes on meanwhile; where it fails, a rival that is under way takes its place.
 */
import type { Hedge as HedgeSpec } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import type { HedgeTotals, ServiceLoad } from '../plan/plan.ts';
import { Timer } from '../timer-wheel.ts';
import { Rival } from './rival.ts';
import { drawFaults } from './rival-faults.ts';
import type { Target } from './rival.ts';

export type HedgeRules = {
  readonly spec: HedgeSpec;
  readonly load: ServiceLoad;
  readonly totals: HedgeTotals;
  /** At attempt level. */
  readonly faults: readonly ActiveFault[];
  readonly mayStart: (exchange: Exchange) => boolean;
  /** Where a rival may go: not to one of these. */
  readonly target: (exchange: Exchange, taken: readonly Target['endpoint'][]) => Target | undefined;
};

export class Hedge {
  readonly #exchange: Exchange;
  readonly #rules: HedgeRules;
  readonly #timer = new Timer(() => this.#start());
  #rivals: Rival[] = [];
  #started = 0;

  constructor(exchange: Exchange, rules: HedgeRules) {
    this.#exchange = exchange;
    this.#rules = rules;
    exchange.runtime.wheel.arm(this.#timer, rules.spec.after);
  }

  #start(): void {
    const exchange = this.#exchange;
    const { spec, load, totals, mayStart, target, faults } = this.#rules;
    if (!exchange.active || exchange.answering || !mayStart(exchange)) return;
    const taken = [exchange.endpoint, ...this.#rivals.map((r) => r.target.endpoint)].filter((e) => e !== undefined);
    const chosen = target(exchange, taken);
    if (chosen === undefined) return;
    const rival = new Rival(exchange, chosen, {
      won: (winner) => this.#won(winner),
      lost: (loser) => this.#remove(loser),
    });
    this.#rivals.push(rival);
    load.retriesInFlight++;
    totals.started++;
    if (++this.#started < spec.max) exchange.runtime.wheel.arm(this.#timer, spec.after);
    rival.start(drawFaults(exchange, faults, exchange.attempts + this.#started));
  }

  #remove(rival: Rival): void {
    this.#rivals = this.#rivals.filter((r) => r !== rival);
    this.#rules.load.retriesInFlight--;
  }

  #won(winner: Rival): void {
    const { member, upstream } = this.#exchange;
    this.#rules.totals.won++;
    this.#remove(winner);
    // The first attempt has not failed and has not answered: it says nothing about its endpoint.
    upstream?.destroy();
    member?.pool.gate?.leave(this.#exchange);
    winner.adopt();
  }

  /** The attempt has failed: a rival that is under way takes its place. @returns false when there is none */
  takeOver(): boolean {
    const [rival] = this.#rivals;
    if (rival === undefined) return false;
    this.#remove(rival);
    this.#rules.totals.won++;
    rival.adopt();
    return true;
  }

  get hasRival(): boolean {
    return this.#rivals.length > 0;
  }

  /** The request is answered, or over. */
  cancel(): void {
    this.#exchange.runtime.wheel.cancel(this.#timer);
    for (const rival of [...this.#rivals]) {
      this.#remove(rival);
      rival.cancel();
    }
  }
}

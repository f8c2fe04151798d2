/** A worker's side of quotas: what it may use of totals that all workers share. */
import type { QuotaAsked, QuotaTotal } from './quota-ledger.ts';

/** How much this process may use. Decided without waiting: who finds nothing left says so, and has more a little later. */
export type Quota = {
  granted: number;
  /** Set where there was too little. */
  wanted: boolean;
};

export type QuotaAsk = QuotaTotal & { readonly used: () => number };

/** What goes to the first process. `serial`: answers to what was dropped since are told apart by it. */
export type QuotaMessage = {
  readonly asks?: readonly QuotaAsked[];
  readonly unused?: readonly (readonly [key: string, count: number])[];
  readonly dropped?: string;
};

export type QuotaReply = {
  readonly granted?: readonly (readonly [key: string, serial: number, count: number])[];
  /** Others need what is not used. */
  readonly wanted?: readonly string[];
};

type Held = { readonly ask: QuotaAsk; readonly serial: number; readonly quota: Quota };

export class Quotas {
  readonly #held = new Map<string, Held>();
  readonly #send: (message: QuotaMessage) => void;
  #serial = 0;

  constructor(send: (message: QuotaMessage) => void) {
    this.#send = send;
  }

  /** A key is held once at a time. */
  hold(ask: QuotaAsk): Quota {
    const held = { ask, serial: ++this.#serial, quota: { granted: 0, wanted: false } };
    this.#held.set(ask.key, held);
    this.#ask([held]);
    return held.quota;
  }

  drop(key: string): void {
    if (this.#held.delete(key)) this.#send({ dropped: key });
  }

  receive({ granted = [], wanted = [] }: QuotaReply): void {
    for (const [key, serial, count] of granted) {
      const held = this.#held.get(key);
      if (held?.serial === serial) held.quota.granted += count;
    }
    const unused = wanted.flatMap((key): [string, number][] => {
      const held = this.#held.get(key);
      const spare = held ? held.quota.granted - held.ask.used() : 0;
      if (!held || spare <= 0) return [];
      const count = Math.ceil(spare / 2);
      held.quota.granted -= count;
      return [[key, count]];
    });
    if (unused.length > 0) this.#send({ unused });
  }

  /** Asks for more where there was too little. Called every few milliseconds. */
  tell(): void {
    const short = [...this.#held.values()].filter(({ quota }) => quota.wanted);
    for (const { quota } of short) quota.wanted = false;
    if (short.length > 0) this.#ask(short);
  }

  #ask(held: readonly Held[]): void {
    const asks = held.map(({ ask: { key, limit, isSpent }, serial }) => ({ key, limit, isSpent, serial }));
    this.#send({ asks });
  }
}

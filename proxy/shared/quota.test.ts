import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuotaLedger } from './quota-ledger.ts';
import { Quotas } from './quota.ts';
import type { Quota, QuotaMessage, QuotaReply } from './quota.ts';

type Worker = { readonly quotas: Quotas; readonly quota: Quota; used: number };

/** A hub and its workers, between which messages lie until they are delivered. */
class Stage {
  readonly ledger = new QuotaLedger();
  readonly workers: Worker[] = [];
  readonly #limit: number;
  readonly #isSpent: boolean;
  readonly #toHub: [by: number, message: QuotaMessage][] = [];
  readonly #toWorker: [to: number, reply: QuotaReply][] = [];

  constructor(limit: number, workers: number, isSpent = false) {
    this.#limit = limit;
    this.#isSpent = isSpent;
    for (let id = 0; id < workers; id++) {
      const quotas = new Quotas((message) => void this.#toHub.push([id, message]));
      const worker = { quotas, used: 0 };
      const quota = quotas.hold({ key: 'k', limit, isSpent, used: () => worker.used });
      this.workers.push(Object.assign(worker, { quota }));
    }
  }

  get used(): number {
    return this.workers.reduce((sum, { used }) => sum + used, 0);
  }

  use(id: number): boolean {
    const worker = this.workers[id];
    if (!worker) return false;
    if (worker.used < worker.quota.granted) {
      worker.used++;
      return true;
    }
    worker.quota.wanted = true;
    return false;
  }

  /** One message, on the way to the hub or to a worker. @returns false when there is none */
  deliver(toHub: boolean): boolean {
    if (toHub) {
      const sent = this.#toHub.shift();
      if (sent) this.#receive(...sent);
      return sent !== undefined;
    }
    const reply = this.#toWorker.shift();
    if (reply) this.workers[reply[0]]?.quotas.receive(reply[1]);
    return reply !== undefined;
  }

  settle(): void {
    for (const { quotas } of this.workers) quotas.tell();
    while (this.deliver(true) || this.deliver(false));
  }

  #receive(by: number, { asks = [], unused = [], dropped }: QuotaMessage): void {
    if (dropped !== undefined) this.ledger.drop(by, dropped);
    for (const asked of asks) {
      const { count, from } = this.ledger.ask(by, asked, this.workers.length);
      if (count > 0) this.#toWorker.push([by, { granted: [[asked.key, asked.serial, count]] }]);
      for (const id of from) this.#toWorker.push([id, { wanted: [asked.key] }]);
    }
    for (const [key, count] of unused) {
      const next = this.ledger.giveBack(by, key, count);
      if (next) this.#toWorker.push([next.by, { granted: [[key, next.serial, next.count]] }]);
    }
  }

  /** It drops what it has and holds it anew. */
  renew(id: number): void {
    const worker = this.workers[id];
    if (!worker) return;
    worker.quotas.drop('k');
    const limit = this.#limit;
    const quota = worker.quotas.hold({ key: 'k', limit, isSpent: this.#isSpent, used: () => worker.used });
    this.workers[id] = Object.assign(worker, { quota, ...(this.#isSpent ? {} : { used: 0 }) });
  }
}

describe('a quota', () => {
  it('is never exceeded by all workers together, in whatever order they hear of each other', () => {
    const act = fc.oneof(
      fc.record({ do: fc.constant('use' as const), id: fc.nat(3) }),
      fc.record({ do: fc.constant('release' as const), id: fc.nat(3) }),
      fc.record({ do: fc.constant('tell' as const), id: fc.nat(3) }),
      fc.record({ do: fc.constant('renew' as const), id: fc.nat(3) }),
      fc.record({ do: fc.constantFrom('hub' as const, 'worker' as const), id: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(act, { maxLength: 200 }), (limit, acts) => {
        const stage = new Stage(limit, 4);
        for (const { do: what, id } of acts) {
          const worker = stage.workers[id];
          if (what === 'use') stage.use(id);
          else if (what === 'release' && worker) worker.used = Math.max(0, worker.used - 1);
          else if (what === 'tell') worker?.quotas.tell();
          else if (what === 'renew') stage.renew(id);
          else stage.deliver(what === 'hub');
          expect(stage.used).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  it('of which one needs all comes to it from those that do not', () => {
    const stage = new Stage(9, 3);
    stage.settle();
    for (let turn = 0; turn < 20; turn++) {
      while (stage.use(0));
      stage.settle();
    }
    expect(stage.workers.map(({ used }) => used)).toEqual([9, 0, 0]);
  });

  it('smaller than the number of workers goes to who asks for it', () => {
    const stage = new Stage(1, 4);
    stage.settle();
    for (const id of [3, 1, 2, 0]) {
      while (!stage.use(id)) stage.settle();
      expect(stage.used).toBe(1);
      for (const worker of stage.workers) worker.used = 0;
    }
  });

  it('that is used up for good is not given out again when its worker dies, and one that is not, is', () => {
    for (const isSpent of [true, false]) {
      const stage = new Stage(4, 2, isSpent);
      stage.settle();
      while (stage.use(0));
      stage.ledger.leave(0);
      for (let turn = 0; turn < 5; turn++) {
        while (stage.use(1));
        stage.settle();
      }
      expect(stage.workers[1]?.used).toBe(isSpent ? 2 : 4);
    }
  });

  it('is forgotten with its last worker', () => {
    const stage = new Stage(2, 2, true);
    stage.settle();
    while (stage.use(0));
    stage.ledger.leave(0);
    stage.ledger.leave(1);
    expect(stage.ledger.ask(5, { key: 'k', limit: 2, isSpent: true, serial: 1 }, 1)).toEqual({ count: 2, from: [] });
  });
});

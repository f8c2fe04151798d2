/** The first process's side of what its workers share: adds up what they hold, and gives out tokens. */
import type { Clock } from '../dataplane-api.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { QuotaLedger } from './quota-ledger.ts';
import type { QuotaMessage } from './quota.ts';
import type { Ejection } from './sharing.ts';
import { TokenLedger } from './token-ledger.ts';
import { TELL_EVERY_MS } from './worker-share.ts';

type Member = { readonly send: (message: ToWorker) => void; readonly counts: Map<string, number> };

export class ShareHub {
  readonly #clock: Clock;
  readonly #members = new Map<number, Member>();
  readonly #totals = new Map<string, number>();
  readonly #ledger = new TokenLedger();
  readonly #quotas = new QuotaLedger();
  readonly #changed = new Set<string>();
  /** Those that are not over, for workers that come later; by endpoint. */
  readonly #ejections = new Map<string, { readonly ejection: Ejection; readonly untilMs: number }>();
  #soon: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  #join(id: number, send: Member['send']): void {
    const nowMs = this.#clock.nowMs();
    this.#members.set(id, { send, counts: new Map() });
    this.#tellProcesses();
    send({ type: 'shared', counts: [...this.#totals] });
    for (const [key, { ejection, untilMs }] of this.#ejections) {
      if (untilMs <= nowMs) this.#ejections.delete(key);
      else send({ type: 'shared', ejection: { ...ejection, forMs: untilMs - nowMs } });
    }
  }

  /** What it held is free. */
  leave(id: number): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.#members.delete(id);
    this.#quotas.leave(id);
    for (const [key, own] of member.counts) if (own !== 0) this.#add(key, -own);
    this.#tellProcesses();
  }

  /** @param answer - to this worker */
  receive(id: number, message: FromWorker, answer: Member['send']): void {
    if (message.joins) this.#join(id, answer);
    const { counts = [], asks = [], returns = [], quotas, ejection } = message;
    const member = this.#members.get(id);
    if (!member) return;
    for (const [key, own] of counts) {
      this.#add(key, own - (member.counts.get(key) ?? 0));
      if (own === 0) member.counts.delete(key);
      else member.counts.set(key, own);
    }
    const nowMs = this.#clock.nowMs();
    for (const unused of returns) this.#ledger.giveBack(unused, nowMs);
    if (asks.length > 0) {
      const grants = asks.map((ask) => this.#ledger.grant(ask, this.#members.size, nowMs));
      member.send({ type: 'shared', grants });
    }
    if (quotas) this.#divide(id, quotas);
    if (ejection) this.#ejected(id, ejection, nowMs);
  }

  close(): void {
    clearTimeout(this.#soon);
  }

  #divide(by: number, { asks = [], unused = [], dropped }: QuotaMessage): void {
    if (dropped !== undefined) this.#quotas.drop(by, dropped);
    for (const asked of asks) {
      const { key, serial } = asked;
      const { count, from } = this.#quotas.ask(by, asked, this.#members.size);
      if (count > 0) this.#grant(by, key, serial, count);
      for (const id of from) this.#members.get(id)?.send({ type: 'shared', quotas: { wanted: [key] } });
    }
    for (const [key, count] of unused) {
      const next = this.#quotas.giveBack(by, key, count);
      if (next) this.#grant(next.by, key, next.serial, next.count);
    }
  }

  #grant(to: number, key: string, serial: number, count: number): void {
    this.#members.get(to)?.send({ type: 'shared', quotas: { granted: [[key, serial, count]] } });
  }

  #ejected(by: number, ejection: Ejection, nowMs: number): void {
    const { service, version, address, forMs } = ejection;
    this.#ejections.set(`${service}\n${version}\n${address}`, { ejection, untilMs: nowMs + forMs });
    for (const [id, { send }] of this.#members) if (id !== by) send({ type: 'shared', ejection });
  }

  #add(key: string, difference: number): void {
    const total = (this.#totals.get(key) ?? 0) + difference;
    if (total === 0) this.#totals.delete(key);
    else this.#totals.set(key, total);
    this.#changed.add(key);
    this.#soon ??= setTimeout(() => this.tell(), TELL_EVERY_MS).unref();
  }

  /** Tells each worker what the others hold. Called by its own timer. */
  tell(): void {
    this.#soon = undefined;
    const keys = [...this.#changed];
    this.#changed.clear();
    for (const { send, counts } of this.#members.values()) {
      const elsewhere = keys.map((key): [string, number] => [
        key,
        (this.#totals.get(key) ?? 0) - (counts.get(key) ?? 0),
      ]);
      send({ type: 'shared', counts: elsewhere });
    }
  }

  #tellProcesses(): void {
    for (const { send } of this.#members.values()) send({ type: 'shared', processes: this.#members.size });
  }
}

/** One tap: what the filter lets pass, up to so many a second, handed on in batches. */
import type { TapPredicate } from '../../contracts/tap-filter.ts';
import type { TapEvent, TapSpec } from '../../contracts/tap.ts';
import type { Clock } from '../dataplane-api.ts';
import type { Exchange } from '../exchange.ts';
import { TokenBuckets } from '../rate-limit/token-buckets.ts';
import { recordOf } from '../telemetry/request-record.ts';
import { RequestSubject } from './request-subject.ts';
import { shownFields, shownTarget } from './redact.ts';

/** @returns false: it does not keep up, and what was sent is lost */
export type SendTapped = (events: readonly TapEvent[], skipped: number) => boolean;

const BATCH_MS = 100;

export class Tap {
  readonly #spec: TapSpec;
  readonly #matches: TapPredicate;
  readonly #send: SendTapped;
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  readonly #bucket: TokenBuckets;
  readonly #subject = new RequestSubject();
  #events: TapEvent[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: TapSpec, matches: TapPredicate, send: SendTapped, clock: Clock, wallMs: () => number) {
    this.#spec = spec;
    this.#matches = matches;
    this.#send = send;
    this.#clock = clock;
    this.#wallMs = wallMs;
    const { maxPerSecond: requests } = spec;
    this.#bucket = new TokenBuckets({ requests, perMs: 1_000, burst: requests });
  }

  /** An observer of the data plane. */
  readonly observe = (exchange: Exchange, status: number, us: number): void => {
    const { service, headers } = this.#spec;
    if (service !== undefined && exchange.plan?.service !== service) return;
    this.#subject.point(exchange, status, us);
    const isWanted = this.#matches(this.#subject);
    this.#subject.point(undefined, 0, 0);
    if (!isWanted) return;
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
    if (this.#bucket.take('', this.#clock.nowMs()) > 0) {
      this.#skipped++;
      return;
    }
    const record = recordOf(exchange, status, us, this.#wallMs());
    const event = { ...record, path: shownTarget(record.path) };
    this.#events.push(headers ? { ...event, headers: shownFields(exchange.head) } : event);
  };

  close(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const events = this.#events;
    const sent = this.#send(events, this.#skipped);
    this.#skipped = sent ? 0 : this.#skipped + events.length;
    this.#events = [];
  }
}

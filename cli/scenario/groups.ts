/** The users of a scenario: one traffic generator for each group, and what each of them saw. */
import { MeshproofError } from '../../contracts/errors.ts';
import { Traffic } from '../demo/traffic.ts';
import type { TrafficReport } from '../demo/traffic.ts';
import type { GroupCount } from './outcome.ts';
import type { Group } from './story.ts';

/** Reports (four a second) without a new error before the experiment begins. */
const STEADY_REPORTS = 4;
const STEADY_LIMIT_MS = 30_000;
/** Requests that were under way when the experiment ended belong to it. */
const LAST_REPORTS = 3;

type Running = { readonly traffic: Traffic; before: TrafficReport };

export class Groups {
  readonly #url: string;
  readonly #groups: readonly Group[];
  readonly #running = new Map<string, Running>();

  constructor(url: string, groups: readonly Group[]) {
    this.#url = url;
    this.#groups = groups;
  }

  /** Starts those who come from the beginning, and resolves when they are served without error. */
  async start(signal: AbortSignal): Promise<void> {
    const early = this.#groups.filter((group) => group.during === undefined);
    for (const group of early) this.come(group);
    await Promise.all([...this.#running.values()].map(({ traffic }) => steady(traffic, signal)));
  }

  come(group: Group): void {
    const traffic = new Traffic(this.#url, group.rate, {
      path: group.path,
      distinct: group.distinct,
      writesPercent: group.writes,
      headers: group.headers,
      ...(group.slowly === undefined ? {} : { slowlyMs: group.slowly }),
      ...(group.during?.for === undefined ? {} : { forMs: group.during.for }),
    });
    this.#running.set(group.name, { traffic, before: traffic.last });
  }

  /** From here on everything counts. */
  mark(): void {
    for (const running of this.#running.values()) running.before = running.traffic.last;
  }

  /** Since the mark, with all that was under way. */
  async counts(): Promise<readonly GroupCount[]> {
    return Promise.all(
      [...this.#running].map(async ([name, { traffic, before }]) => {
        for (let i = 0; i < LAST_REPORTS; i++) await traffic.next();
        const { sent, errors, codes } = traffic.last;
        return { name, sent: sent - before.sent, lost: errors - before.errors, codes: minus(codes, before.codes) };
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ traffic }) => traffic.stop()));
  }
}

async function steady(traffic: Traffic, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + STEADY_LIMIT_MS;
  let errors = -1;
  for (let calm = 0; calm < STEADY_REPORTS;) {
    signal.throwIfAborted();
    const now = await traffic.next();
    calm = now.answered > 0 && now.errors === errors ? calm + 1 : 0;
    errors = now.errors;
    if (performance.now() > deadlineMs) {
      throw new MeshproofError('INTERNAL', `requests fail before anything is tried: ${JSON.stringify(now.codes)}`);
    }
  }
}

function minus(codes: TrafficReport['codes'], before: TrafficReport['codes']): Record<string, number> {
  const since = Object.entries(codes).map(([code, n]) => [code, n - (before[code] ?? 0)] as const);
  return Object.fromEntries(since.filter(([, n]) => n > 0));
}

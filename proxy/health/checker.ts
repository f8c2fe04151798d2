/** Checks the endpoints of one version, each by itself, one check at a time. */
import type { HealthCheck } from '../../contracts/health-check.ts';
import { PPM } from '../../contracts/units.ts';
import { Timer } from '../timer-wheel.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { takeResult } from './health-state.ts';
import type { HealthState } from './health-state.ts';
import { probeFor } from './probe-for.ts';
import type { Probe, Target } from './probe.ts';

export type Patient = { readonly endpoint: Target; readonly health: HealthState };

/** Checks under way in the whole data plane: what bounds their sockets. */
export type CheckSlots = { free: number };

export type CheckerOptions<P extends Patient> = {
  readonly spec: HealthCheck;
  readonly members: readonly P[];
  readonly wheel: TimerWheel;
  readonly slots: CheckSlots;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** A check has ended. @param changed - the endpoint's health is another than before */
  readonly onResult: (member: P, passed: boolean, changed: boolean) => void;
  /** Replaced by tests. */
  readonly probe?: Probe;
};

/** All slots are taken: look again after this long. */
const BUSY_MS = 50;
/** First checks are spread over this long, or the interval. */
const FIRST_MS = 1_000;

export class Checker<P extends Patient> {
  readonly #options: CheckerOptions<P>;
  readonly #probe: Probe;
  readonly #stops: (() => void)[];

  constructor(options: CheckerOptions<P>) {
    this.#options = options;
    this.#probe = options.probe ?? probeFor(options.spec);
    this.#stops = options.members.map((member) => this.#watch(member));
  }

  /** Breaks off what is under way; nothing is reported afterwards. */
  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #watch(member: P): () => void {
    const { spec, wheel, slots, chance } = this.#options;
    let breakOff: (() => void) | undefined;
    const finish = (passed: boolean): void => {
      breakOff?.();
      breakOff = undefined;
      slots.free++;
      wheel.cancel(timeout);
      wheel.arm(next, spec.interval * (1 + (chance() * spec.jitter) / PPM));
      this.#options.onResult(member, passed, takeResult(member.health, passed, spec));
    };
    const timeout = new Timer(() => finish(false));
    const next = new Timer(() => {
      if (slots.free <= 0) return wheel.arm(next, BUSY_MS);
      slots.free--;
      wheel.arm(timeout, spec.timeout);
      breakOff = this.#probe(member.endpoint, finish);
    });
    wheel.arm(next, chance() * Math.min(FIRST_MS, spec.interval));
    return () => {
      wheel.cancel(next);
      wheel.cancel(timeout);
      if (breakOff) slots.free++;
      breakOff?.();
      breakOff = undefined;
    };
  }
}

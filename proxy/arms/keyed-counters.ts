/** What one arm of an A/B test counts beside its requests: keys that are new here, and goals by groups of keys. */
import type { Arm } from '../../contracts/overlay.ts';
import type { ArmRow } from '../../contracts/telemetry.ts';
import { ArmCounters } from '../telemetry/counters.ts';

type Reached = { count: number; sum: number };

export class KeyedCounters extends ArmCounters {
  readonly version: string;
  #slots: number[] = [];
  /** By goal, then by group. */
  #goals = new Map<string, Map<number, Reached>>();

  constructor(experimentId: string, epoch: number, arm: Arm, candidatePpm: number, version: string) {
    super(experimentId, epoch, arm, candidatePpm);
    this.version = version;
  }

  addSlot(slot: number): void {
    this.#slots.push(slot);
  }

  addGoal(name: string, group: number, value: number): void {
    let groups = this.#goals.get(name);
    if (!groups) this.#goals.set(name, (groups = new Map<number, Reached>()));
    const reached = groups.get(group);
    if (!reached) groups.set(group, { count: 1, sum: value });
    else {
      reached.count++;
      reached.sum += value;
    }
  }

  override take(): ArmRow | undefined {
    const isKeyed = this.#slots.length > 0 || this.#goals.size > 0;
    const row = super.take() ?? (isKeyed ? this.row() : undefined);
    if (!row) return undefined;
    const goals = Object.fromEntries(
      [...this.#goals].map(([name, groups]) => [
        name,
        [...groups].map(([group, { count, sum }]): [number, number, number] => [group, count, sum]),
      ]),
    );
    const keyed = { version: this.version, slots: this.#slots, goals };
    this.#slots = [];
    this.#goals = new Map();
    return { ...row, keyed };
  }
}

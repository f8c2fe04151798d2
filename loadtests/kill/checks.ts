/** What must hold of a run, whenever its control plane was killed. */
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import type { Mesh } from '../../test/e2e/crash/mesh.ts';
import type { Trial } from './kinds.ts';

/** Decisions that a run takes at most once. */
const ONCE = ['declared', 'switch', 'promote', 'promoted', 'moved-back', 'rolled-back', 'watch-over'];
/** A sweep goes once a second. */
const SWEEP_MS = 1_500;

export function problemsOf(trial: Trial, view: ExperimentView, journal: readonly JournalEntry[]): string[] {
  const problems: string[] = [];
  if (!trial.endings.includes(view.phase)) problems.push(`ended as ${view.phase}: ${view.reason}`);
  if (trial.verdicts !== undefined && !trial.verdicts.includes(view.verdict))
    problems.push(`ended with ${view.verdict}: ${view.reason}`);
  if (view.verdict === 'PENDING') problems.push('ended without a verdict');
  const chain = verifyChain(journal);
  problems.push(...chain.breaks.map(({ message }) => `the chain: ${message}`));
  const types = journal.map(({ type }) => type);
  for (const type of ONCE) {
    const times = types.filter((t) => t === type).length;
    if (times > 1) problems.push(`${type} was decided ${times} times`);
  }
  const moves = journal.flatMap(({ type, data }) => (type === 'done' ? [movedTo(data['effect'])] : []));
  for (const version of ['v1', 'v2']) {
    const times = moves.filter((to) => to === version).length;
    if (times > 1) problems.push(`stable was moved to ${version} ${times} times`);
  }
  return problems;
}

function movedTo(effect: unknown): string | undefined {
  const isMove = typeof effect === 'object' && effect !== null && 'type' in effect && effect.type === 'move-stable';
  return isMove && 'to' in effect && typeof effect.to === 'string' ? effect.to : undefined;
}

/** Watches the gateway: nothing that an experiment laid there may be in force after its lease. */
export class LeaseWatch {
  readonly problems: string[] = [];
  readonly #mesh: Mesh;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | null = null;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => (this.#looking = null));
    }, 250);
  }

  /** @param why - said when something is still in force */
  async nothingLaid(why: string): Promise<void> {
    const { overlays, faults } = await this.#mesh.laid();
    if (overlays.length > 0) this.problems.push(`${why}: ${overlays.length} overlays are in force`);
    if (faults.some((f) => f.active)) this.problems.push(`${why}: a fault is in force`);
  }

  /** The look that is under way is awaited: the gateway may be ended after that. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { overlays, faults } = await this.#mesh.laid();
    for (const { experimentId, leaseLeftMs } of overlays) {
      if (leaseLeftMs < -SWEEP_MS) this.problems.push(`the overlay of ${experimentId} outlived its lease`);
    }
    for (const { name, active, leaseLeftMs } of faults) {
      if (active && leaseLeftMs < 0) this.problems.push(`the fault ${name} outlived its lease`);
    }
  }
}

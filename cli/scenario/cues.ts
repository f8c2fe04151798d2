/** What a scenario does by itself while its experiment runs: late users, processes that are killed or paused. */
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView, Phase } from '../../contracts/experiment.ts';
import type { LocalMesh } from '../up/mesh.ts';
import { signalGroup } from '../up/process-group.ts';
import type { Groups } from './groups.ts';
import type { Action, Story } from './story.ts';

type Deed = { readonly phase: Phase; readonly after: number; readonly does: () => void };

export class Cues {
  readonly #deeds: readonly Deed[];
  readonly #mesh: LocalMesh;
  readonly #tell: (line: string) => void;
  readonly #seen = new Set<Phase>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #paused = new Set<number>();

  /** @throws MeshproofError DOCUMENT_INVALID when an action names no process */
  constructor(story: Story, groups: Groups, mesh: LocalMesh, tell: (line: string) => void) {
    this.#mesh = mesh;
    this.#tell = tell;
    for (const action of story.actions) this.#pidOf(action.kill ?? action.pause ?? '');
    this.#deeds = [
      ...story.actions.map((action) => ({ ...action, does: () => this.#act(action) })),
      ...story.traffic.flatMap((group) =>
        group.during === undefined ? [] : [{ ...group.during, does: () => groups.come(group) }],
      ),
    ];
  }

  get seen(): ReadonlySet<Phase> {
    return this.#seen;
  }

  /** Takes one state of the experiment in; a phase counts when it is seen first. */
  see({ phase }: ExperimentView): void {
    if (this.#seen.has(phase)) return;
    this.#seen.add(phase);
    for (const deed of this.#deeds) if (deed.phase === phase) this.#later(deed.after, deed.does);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const pid of this.#paused) signalGroup(pid, 'SIGCONT');
  }

  #act(action: Action): void {
    const name = action.kill ?? action.pause ?? '';
    const pid = this.#pidOf(name);
    this.#tell(action.kill === undefined ? `pausing ${name}` : `killing ${name}`);
    if (action.kill !== undefined) {
      signalGroup(pid, 'SIGKILL');
      return;
    }
    this.#paused.add(pid);
    signalGroup(pid, 'SIGSTOP');
    this.#later(action.for, () => {
      this.#paused.delete(pid);
      signalGroup(pid, 'SIGCONT');
    });
  }

  #pidOf(name: string): number {
    const pid = this.#mesh.processes().find((p) => p.name === name)?.pid;
    if (pid !== undefined) return pid;
    const names = this.#mesh.processes().map((p) => p.name);
    throw new MeshproofError('DOCUMENT_INVALID', `no process is called ${name}; there are ${names.join(', ')}`);
  }

  #later(ms: number, does: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      does();
    }, ms);
    this.#timers.add(timer);
  }
}

/** Watches one experiment to its end: redrawn in place at a terminal, else a line for each change, or JSON. */
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import type { Client } from './api/client.ts';
import { follow } from './api/follow.ts';
import { EXIT, exitOfExperiment } from './exit-codes.ts';
import { interruptedExit } from './interrupted.ts';
import type { Terminal } from './terminal.ts';
import { evidenceTable, experimentPanel, hasEnded, outcomeLine, progressLine } from './text/experiment.ts';
import { LiveRegion } from './text/live-region.ts';

export type Watch = {
  readonly terminal: Terminal;
  readonly client: Client;
  readonly name: string;
  /** The run that is meant; when another run of the same name has begun since, it is an error. */
  readonly id?: string;
  readonly timeoutMs: number;
  /** json: the final state only. jsonl: the state at each change. */
  readonly format: 'text' | 'json' | 'jsonl';
};

/** @returns the exit code: the verdict's, 8 on time-out, 130 or 143 on a signal */
export async function watchExperiment(watch: Watch): Promise<number> {
  const { terminal, client, name } = watch;
  const shown = presenter(watch);
  const startMs = performance.now();
  const { value, how } = await follow<ExperimentView>({
    ask: async () => {
      const view = await client.experiment(name);
      if (watch.id === undefined || view.id === watch.id) return view;
      throw new MeshproofError('EXPERIMENT_ENDED', `${name} has ended, and another run of it has begun (${view.id})`);
    },
    ended: hasEnded,
    onValue: shown.view,
    onAway: (away) => terminal.err(away ? 'the control plane does not answer; waiting for it\n' : 'it is back\n'),
    everyMs: terminal.live ? 200 : 400,
    nowMs: () => performance.now(),
    deadlineMs: startMs + watch.timeoutMs,
    signal: terminal.signal,
  });
  shown.close();
  if (value) shown.final(value);
  if (how === 'interrupted') {
    terminal.err(`${name} goes on; end it with: meshproof abort ${name}\n`);
    return interruptedExit(terminal.signal);
  }
  if (how === 'timeout') {
    terminal.err(`${name} is still pending; it goes on, see: meshproof status ${name}\n`);
    return EXIT.PENDING;
  }
  return value ? exitOfExperiment(value) : EXIT.PENDING;
}

type Presenter = {
  readonly view: (view: ExperimentView) => void;
  readonly final: (view: ExperimentView) => void;
  readonly close: () => void;
};

function presenter({ terminal, format }: Watch): Presenter {
  const nothing = (): void => undefined;
  if (format === 'json') {
    return { view: nothing, final: (view) => terminal.out(`${JSON.stringify(view, null, 2)}\n`), close: nothing };
  }
  if (format === 'jsonl') {
    let last = '';
    const view = (value: ExperimentView): void => {
      if (value.updatedAt === last) return;
      last = value.updatedAt;
      terminal.out(`${JSON.stringify({ v: 1, type: 'experiment', experiment: value })}\n`);
    };
    return { view, final: view, close: nothing };
  }
  const final = (view: ExperimentView): void => {
    terminal.out(hasEnded(view) ? outcomeLine(view, terminal.colors) : `${progressLine(view)}\n`);
    terminal.out(evidenceTable(view, terminal.colors));
  };
  if (!terminal.live) {
    let last = '';
    const view = (value: ExperimentView): void => {
      const line = progressLine(value);
      if (line !== last && !hasEnded(value)) terminal.out(`${line}\n`);
      last = line;
    };
    return { view, final, close: nothing };
  }
  const region = new LiveRegion({ write: terminal.out, columns: terminal.columns }, () => performance.now());
  return {
    view: (value) => region.draw(experimentPanel(value, terminal.colors, terminal.columns())),
    final,
    close: () => region.close(),
  };
}

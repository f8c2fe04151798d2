/** `run`: starts an experiment, and with --wait stays until its verdict, which is the exit code. */
import { keyOf } from '../../contracts/document.ts';
import { formatDuration } from '../../contracts/units.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { Client } from '../api/client.ts';
import { clientFor } from '../api/client.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { inOrder } from '../documents/in-order.ts';
import type { Terminal } from '../terminal.ts';
import { SERVER_OPTION } from '../command.ts';
import { isExperiment, loadValid } from '../documents/load.ts';
import type { LocatedExperiment } from '../documents/load.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { watchExperiment } from '../watch-experiment.ts';

/** How much longer than its own deadline an experiment is waited for: it rolls back and reports in that time. */
const AFTER_DEADLINE_MS = 60_000;

export const run: CommandSpec = {
  name: 'run',
  summary: 'Run an experiment',
  details:
    'Without --wait it returns as soon as the experiment has started. With --wait the exit code is the verdict:\n' +
    '0 PASS, 2 FAIL, 3 INCONCLUSIVE, 7 ended by someone, 8 still pending when the time was up.',
  examples: [
    ['meshproof run canary.yaml', 'start it and return'],
    ['meshproof run canary.yaml --wait', 'watch it until its verdict'],
    ['meshproof run canary.yaml --wait --timeout 15m -o json', 'for a pipeline: the final state as JSON'],
    ['meshproof run release.yaml --all --wait', 'every experiment of the file; the exit code is the worst'],
  ],
  arguments: [
    { name: '<file>', description: 'the file with the experiment' },
    { name: '[name]', description: 'which one, when the file holds several' },
  ],
  options: [
    { flags: '-a, --all', description: 'every experiment of the file, in the order of their `after`' },
    { flags: '-w, --wait', description: 'stay until the verdict' },
    {
      flags: '--timeout <duration>',
      description: 'how long to wait for each (default: its deadline and a minute)',
    },
    {
      flags: '-o, --output <format>',
      description: 'how to print; jsonl: one object for each change',
      choices: ['text', 'json', 'jsonl'],
      default: 'text',
    },
    SERVER_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const client = clientFor(terminal, options);
    const file = args.text(0);
    const located = await loadValid([file], terminal);
    if (!located) return EXIT.INVALID_INPUT;
    const all = located.filter(isExperiment);
    const experiments = options.flag('all') && all.length > 0 ? inOrder(all) : [choose(all, file, args.optional(1))];
    const started: ExperimentView[] = [];
    for (const { source } of experiments) started.push(await client.start(source));
    if (!options.flag('wait')) {
      for (const view of started) sayStarted(terminal, view, options.text('output'));
      if (options.text('output') === 'text') terminal.err(`dashboard: ${client.server}/\n`);
      return EXIT.OK;
    }
    const exits: number[] = [];
    for (const [i, view] of started.entries()) {
      const deadlineMs = experiments[i]?.document.spec.deadline ?? 0;
      exits.push(await wait({ terminal, options }, client, view, deadlineMs));
    }
    return worst(exits);
  },
};

function sayStarted(terminal: Terminal, view: ExperimentView, output: string | undefined): void {
  if (output !== 'text') return terminal.out(`${JSON.stringify(view, null, output === 'json' ? 2 : undefined)}\n`);
  terminal.out(`${view.name} ${view.phase === 'declared' ? 'declared' : 'started'} (${view.id})\n`);
  terminal.err(`watch it:  meshproof status ${view.name} -w\n`);
}

function wait(
  { terminal, options }: Pick<CommandInput, 'terminal' | 'options'>,
  client: Client,
  { name, id }: ExperimentView,
  deadlineMs: number,
): Promise<number> {
  const output = options.text('output');
  terminal.err(`${name} runs for at most ${formatDuration(deadlineMs)}; Ctrl-C stops watching, not the experiment\n`);
  const format = output === 'json' || output === 'jsonl' ? output : 'text';
  const timeoutMs = options.durationMs('timeout', deadlineMs + AFTER_DEADLINE_MS);
  return watchExperiment({ terminal, client, name, id, timeoutMs, format });
}

/** Of several, the exit code that a pipeline must not overlook. */
function worst(exits: readonly number[]): number {
  const order: readonly number[] = [EXIT.FAIL, EXIT.HALTED, EXIT.INCONCLUSIVE, EXIT.PENDING];
  const signalled = exits.find((exit) => exit !== EXIT.OK && !order.includes(exit));
  return signalled ?? order.find((exit) => exits.includes(exit)) ?? EXIT.OK;
}

function choose(experiments: readonly LocatedExperiment[], file: string, name: string | undefined): LocatedExperiment {
  const keys = experiments.map((e) => keyOf(e.document)).join(', ');
  if (name !== undefined) {
    const found = experiments.find((e) => e.document.metadata.name === name);
    if (found) return found;
    throw new UsageError(`${file} holds no experiment "${name}"`, keys === '' ? undefined : `it holds ${keys}`);
  }
  const [only, second] = experiments;
  if (only && !second) return only;
  if (!only) throw new UsageError(`${file} holds no experiment`, 'declare one, such as kind: Canary');
  throw new UsageError(`${file} holds several experiments`, `name one of them, or give --all: ${keys}`);
}

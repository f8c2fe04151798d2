/** `run`: starts an experiment, and with --wait stays until its verdict, which is the exit code. */
import { keyOf } from '../../contracts/document.ts';
import { formatDuration } from '../../contracts/units.ts';
import { clientFor } from '../api/client.ts';
import type { CommandSpec } from '../command.ts';
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
  ],
  arguments: [
    { name: '<file>', description: 'the file with the experiment' },
    { name: '[name]', description: 'which one, when the file holds several' },
  ],
  options: [
    { flags: '-w, --wait', description: 'stay until the verdict' },
    {
      flags: '--timeout <duration>',
      description: "how long to wait (default: the experiment's deadline and a minute)",
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
    const experiment = choose(located.filter(isExperiment), file, args.optional(1));
    const timeoutMs = options.durationMs('timeout', experiment.document.spec.deadline + AFTER_DEADLINE_MS);
    const started = await client.start(experiment.source);
    const output = options.text('output');
    if (!options.flag('wait')) {
      if (output === 'text') {
        terminal.out(`${started.name} started (${started.id})\n`);
        terminal.err(`watch it:  meshproof status ${started.name} -w\n`);
        terminal.err(`dashboard: ${client.server}/\n`);
      } else terminal.out(`${JSON.stringify(started, null, output === 'json' ? 2 : undefined)}\n`);
      return EXIT.OK;
    }
    terminal.err(`${started.name} runs for at most ${formatDuration(experiment.document.spec.deadline)}; `);
    terminal.err(`Ctrl-C stops watching, not the experiment\n`);
    const format = output === 'json' || output === 'jsonl' ? output : 'text';
    return watchExperiment({ terminal, client, name: started.name, id: started.id, timeoutMs, format });
  },
};

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
  throw new UsageError(`${file} holds several experiments`, `name one of them: ${keys}`);
}

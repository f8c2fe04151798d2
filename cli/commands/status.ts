/** `status`: how experiments stand; with -w until the end. */
import { clientFor, quickClientFor } from '../api/client.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION } from '../command.ts';
import { EXIT, exitOfExperiment } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { evidenceTable, experimentsTable, hasEnded, outcomeLine, progressLine } from '../text/experiment.ts';
import { watchExperiment } from '../watch-experiment.ts';

const DEFAULT_WATCH_MS = 3_600_000;

export const status: CommandSpec = {
  name: 'status',
  summary: 'Show how experiments stand',
  details: 'For one experiment the exit code is its verdict (8 while it runs). Without a name it is always 0.',
  examples: [
    ['meshproof status', 'every experiment'],
    ['meshproof status reviews-v2', 'one, with its evidence'],
    ['meshproof status reviews-v2 -w --timeout 10m', 'watch it until its verdict'],
  ],
  arguments: [{ name: '[name]', description: 'the experiment' }],
  options: [
    { flags: '-w, --watch', description: 'stay until the verdict' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    { flags: '--timeout <duration>', description: 'give up after this long (default: 10s; with -w 1h)' },
  ],
  run: async ({ terminal, args, options }) => {
    const name = args.optional(0);
    if (options.flag('watch')) {
      if (name === undefined) throw new UsageError('which experiment?', 'meshproof status NAME -w');
      const timeoutMs = options.durationMs('timeout', DEFAULT_WATCH_MS);
      const format = options.json ? 'json' : 'text';
      return watchExperiment({ terminal, client: clientFor(terminal, options), name, timeoutMs, format });
    }
    const client = quickClientFor(terminal, options);
    if (name === undefined) {
      const views = await client.experiments();
      if (options.json) terminal.out(`${JSON.stringify(views, null, 2)}\n`);
      else if (views.length === 0) terminal.err('no experiment has run yet; start one with: meshproof run FILE\n');
      else terminal.out(experimentsTable(views, terminal.colors));
      return EXIT.OK;
    }
    const view = await client.experiment(name);
    if (options.json) terminal.out(`${JSON.stringify(view, null, 2)}\n`);
    else {
      terminal.out(hasEnded(view) ? outcomeLine(view, terminal.colors) : `${progressLine(view)}\n`);
      terminal.out(evidenceTable(view, terminal.colors));
    }
    return exitOfExperiment(view);
  },
};

/** `abort` and `promote`: a person decides about one experiment. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { Client } from '../api/client.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { progressLine } from '../text/experiment.ts';

type Decide = (client: Client, name: string, reason: string) => Promise<ExperimentView>;

/** One decision about one experiment; the answer shows what came of it. */
export async function decide({ terminal, args, options }: CommandInput, how: Decide): Promise<number> {
  const view = await how(quickClientFor(terminal, options), args.text(0), options.text('reason') ?? '');
  terminal.out(options.json ? `${JSON.stringify(view, null, 2)}\n` : `${progressLine(view)}\n`);
  return EXIT.OK;
}

export const NAME = { name: '<name>', description: 'the experiment' };

export const abort: CommandSpec = {
  name: 'abort',
  summary: 'End an experiment by rolling back',
  examples: [['meshproof abort reviews-v2 --reason "wrong build"', 'back to the baseline at once']],
  arguments: [NAME],
  options: [
    { flags: '--reason <text>', description: 'why, for the journal', default: 'aborted from the command line' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: (input) => decide(input, (client, name, reason) => client.abort(name, reason)),
};

export const promote: CommandSpec = {
  name: 'promote',
  summary: 'Promote the candidate without waiting for the verdict',
  details: 'For an experiment that is held, or whose outcome a person takes upon themselves. The journal names them.',
  examples: [['meshproof promote reviews-v2 --reason "too little traffic at night"', 'the candidate becomes stable']],
  arguments: [NAME],
  options: [
    { flags: '--reason <text>', description: 'why, for the journal', default: 'promoted from the command line' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: (input) => decide(input, (client, name, reason) => client.promote(name, reason)),
};

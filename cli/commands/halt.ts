/** `halt`: ends every experiment and every fault now. Safe to repeat. */
import { quickClientFor } from '../api/client.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { plural } from '../documents/show-problems.ts';
import { EXIT } from '../exit-codes.ts';

export const halt: CommandSpec = {
  name: 'halt',
  summary: 'End every experiment and fault now',
  details: 'All traffic goes back to the baselines. Halting twice does no harm.',
  examples: [
    ['meshproof halt', 'stop everything'],
    ['meshproof halt --reason "checkout is down"', 'and say why, for the journal'],
  ],
  options: [
    { flags: '--reason <text>', description: 'why, for the journal', default: 'halted from the command line' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: async ({ terminal, options }) => {
    const result = await quickClientFor(terminal, options).halt(options.text('reason') ?? '');
    if (options.json) {
      terminal.out(`${JSON.stringify(result, null, 2)}\n`);
      return EXIT.OK;
    }
    const ended = result.experiments.length === 0 ? 'no experiment was running' : result.experiments.join(', ');
    terminal.out(
      `halted in ${Math.round(result.tookMs)} ms on ${plural(result.proxies, 'proxy', 'proxies')}: ${ended}\n`,
    );
    return EXIT.OK;
  },
};

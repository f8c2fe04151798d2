/** `version`: of Meshproof and of Node. */
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { VERSION } from '../version.ts';

export const version: CommandSpec = {
  name: 'version',
  summary: 'Print the version',
  examples: [['meshproof version -o json', 'for scripts']],
  options: [OUTPUT_OPTION],
  run: ({ terminal, options }) => {
    const facts = { meshproof: VERSION, node: process.versions.node };
    terminal.out(options.json ? `${JSON.stringify(facts)}\n` : `meshproof ${facts.meshproof} (Node ${facts.node})\n`);
    return Promise.resolve(EXIT.OK);
  },
};

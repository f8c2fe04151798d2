/** The commands that the dashboard shows, against those that there are. */
import { expect, test } from 'vitest';
import { COMMANDS as SPECS } from '../../cli/commands.ts';
import { COMMANDS } from '../../ui/model/commands.ts';

const shown = Object.values(COMMANDS).map((command) => (typeof command === 'string' ? command : command('NAME')));

test.each(shown.filter((text) => text.startsWith('bin/')))('%s is a command of the command line', (text) => {
  const words = text.replace(/^bin\/meshproof /, '');
  const spec = SPECS.find(({ name }) => words === name || words.startsWith(`${name} `));
  expect(spec, words).toBeDefined();
  const options = spec?.options?.map((o) => o.flags).join(' ') ?? '';
  for (const flag of words.match(/(?<= )--?\w+/g) ?? []) expect(options).toContain(flag);
});

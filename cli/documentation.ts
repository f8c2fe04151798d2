/** docs/cli.md, made from the command table. */
import { COMMANDS } from './commands.ts';
import type { CommandSpec } from './command.ts';
import { EXIT_MEANING } from './exit-codes.ts';

/** The page as markdown. */
export function commandsPage(): string {
  return [
    '# The command line',
    '',
    'Made from the command table in `cli/`; do not edit. Data goes to stdout, messages to stderr. `-o json` prints the',
    'same as JSON. Without a terminal there is no colour and no animation; `NO_COLOR` is honoured.',
    '',
    '| command | does |',
    '|---|---|',
    ...COMMANDS.map((c) => `| [\`${c.name}\`](#meshproof-${c.name.replace(' ', '-')}) | ${c.summary} |`),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '|--:|---|',
    ...EXIT_MEANING.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...COMMANDS.flatMap(section),
  ].join('\n');
}

function section(command: CommandSpec): string[] {
  const options = command.options ?? [];
  const rows = [
    ...(command.arguments ?? []).map((a) => `| \`${a.name}\` | ${cell(a.description)}${choices(a.choices)} |`),
    ...options.map(
      (o) => `| \`${cell(o.flags)}\` | ${cell(o.description)}${choices(o.choices)}${fallback(o.default)} |`,
    ),
  ];
  const usage = [...(command.arguments ?? []).map((a) => a.name), ...(options.length > 0 ? ['[options]'] : [])];
  return [
    `## meshproof ${command.name}`,
    '',
    `${command.summary}.${command.details === undefined ? '' : ` ${command.details.replaceAll('\n', ' ')}`}`,
    '',
    '```sh',
    ...command.examples.map(([line, does]) => `${line}   # ${does}`),
    '```',
    '',
    `Usage: \`meshproof ${[command.name, ...usage].join(' ')}\``,
    '',
    ...(rows.length > 0 ? ['| argument or option | |', '|---|---|', ...rows, ''] : []),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function choices(of: readonly string[] | undefined): string {
  return of === undefined ? '' : ` (${of.join(', ')})`;
}

function fallback(value: string | undefined): string {
  return value === undefined ? '' : `; default \`${value}\``;
}

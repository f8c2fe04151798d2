/** Builds the parser from the command table, and runs one command line. */
import { Command, CommanderError, Option, Argument } from 'commander';
import { Arguments, Options } from './command.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { EXIT, EXIT_MEANING } from './exit-codes.ts';
import { interruptedExit } from './interrupted.ts';
import { reportFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

type Run = { exit: number };

/** @returns the exit code; never throws */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const run: Run = { exit: EXIT.OK };
  try {
    await buildProgram(await commandsFor(argv), terminal, run).parseAsync([...argv], { from: 'user' });
    return run.exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    if (terminal.signal.aborted) return interruptedExit(terminal.signal);
    return reportFailure(terminal, error);
  }
}

/** The commands that a command line may mean. A proxy does not load the others: it would hold them for as long as it runs. */
async function commandsFor([name]: readonly string[]): Promise<readonly CommandSpec[]> {
  if (name === 'proxy') return [(await import('./commands/proxy.ts')).proxy];
  return (await import('./commands.ts')).COMMANDS;
}

function buildProgram(commands: readonly CommandSpec[], terminal: Terminal, run: Run): Command {
  const program = dress(new Command('meshproof'), terminal)
    .description('Proves a release on live traffic before its users do.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show help for a command')
    // An option belongs to the command before it: `proxy --version v1` is not the program's --version.
    .enablePositionalOptions()
    .addHelpText('before', examplesOf(OVERVIEW))
    .addHelpText('after', exitCodes());
  const groups = new Map<string, Command>();
  for (const [name, summary] of GROUPS) {
    const group = dress(new Command(name), terminal).description(summary);
    groups.set(name, group);
  }
  for (const spec of commands) {
    const [first = '', second] = spec.name.split(' ');
    if (second === undefined) {
      program.addCommand(buildCommand(spec, first, terminal, run));
      continue;
    }
    const group = groups.get(first);
    if (group && !program.commands.includes(group)) program.addCommand(group);
    group?.addCommand(buildCommand(spec, second, terminal, run));
  }
  return program;
}

function dress(command: Command, terminal: Terminal): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => Math.min(100, terminal.columns()),
      getErrHelpWidth: () => Math.min(100, terminal.columns()),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(--help shows the usage, with examples)');
}

function buildCommand(spec: CommandSpec, name: string, terminal: Terminal, run: Run): Command {
  const command = dress(new Command(name), terminal)
    .summary(spec.summary)
    .description(spec.details === undefined ? `${spec.summary}.` : `${spec.summary}.\n\n${spec.details}`)
    .addHelpText('before', examplesOf(spec.examples));
  for (const argument of spec.arguments ?? []) {
    const built = new Argument(argument.name, argument.description);
    if (argument.choices) built.choices(argument.choices);
    command.addArgument(built);
  }
  for (const option of spec.options ?? []) command.addOption(buildOption(option));
  return command.action(async (...parsed: unknown[]) => {
    const positional = parsed.slice(0, -2);
    run.exit = await spec.run({
      terminal,
      args: new Arguments(positional),
      options: new Options(command.opts()),
    });
  });
}

function buildOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices) option.choices(spec.choices);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.required) option.makeOptionMandatory();
  return option;
}

function examplesOf(examples: CommandSpec['examples']): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(([command, does]) => `  ${command.padEnd(width)}   ${does}`);
  return `Examples:\n${lines.join('\n')}\n`;
}

function exitCodes(): string {
  const lines = EXIT_MEANING.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}

/** Commands that only hold others. */
const GROUPS: readonly (readonly [name: string, summary: string])[] = [
  ['gate', 'Ask an experiment for its verdict, for pipelines'],
  ['ca', 'Identities of proxies: tokens, and the roots of trust'],
  ['journal', 'Look into the journals of experiments'],
  ['scenario', 'Ready experiments, each with what it teaches'],
];

export const OVERVIEW: CommandSpec['examples'] = [
  ['meshproof demo', 'see a bad release rolled back and a good one promoted'],
  ['meshproof up -f mesh.yaml', 'start a mesh on this machine'],
  ['meshproof validate *.yaml', 'check files before anything runs'],
  ['meshproof run canary.yaml --wait', 'run an experiment; the exit code is the verdict'],
  ['meshproof halt', 'end every experiment and fault now'],
];

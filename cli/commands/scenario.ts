/** `scenario list` and `scenario run`: the ready experiments that come with the program. */
import { basename, resolve } from 'node:path';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION } from '../command.ts';
import { BLOCK_SIZE, DEFAULT_BASE } from '../demo/ports-block.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { shortfalls } from '../scenario/outcome.ts';
import { listScenarios, readScenario } from '../scenario/story.ts';
import type { Scenario } from '../scenario/story.ts';
import { outcomeText, storyText } from '../scenario/text.ts';
import { progressLine } from '../text/experiment.ts';
import { table } from '../text/table.ts';

const DEFAULT_TIMEOUT_MS = 180_000;

export const scenarioList: CommandSpec = {
  name: 'scenario list',
  summary: 'Show the ready experiments',
  details: 'Each is a folder of scenarios/ with a mesh, an experiment, and its story. See docs/scenarios.md.',
  examples: [['meshproof scenario list', 'names, and what each teaches']],
  options: [OUTPUT_OPTION],
  run: async ({ terminal, options }) => {
    const scenarios = await listScenarios();
    if (options.json) terminal.out(`${JSON.stringify(scenarios, null, 2)}\n`);
    else {
      const rows = scenarios.map(({ name, story }) => [name, story.expect.verdict, story.title]);
      terminal.out(table([{ title: 'NAME' }, { title: 'VERDICT' }, { title: 'STORY' }], rows));
    }
    return EXIT.OK;
  },
};

export const scenarioRun: CommandSpec = {
  name: 'scenario run',
  summary: 'Run a ready experiment on a part of the sample shop',
  details:
    'Starts its mesh and its users, runs its experiment to the end, and compares what came out with what the scenario\n' +
    'expects: the verdict, and how many requests were lost. Exits 0 only if all of it is as expected. Nothing is left behind.\n' +
    `Uses ${BLOCK_SIZE} ports from ${DEFAULT_BASE} on; --port-base moves them.`,
  examples: [
    ['meshproof scenario run fails-on-writes', 'watch a release that fails on POST only'],
    ['meshproof scenario run good-release -o json', 'what came out, as JSON'],
    ['meshproof scenario run ./my-scenario', 'one of your own: a folder like those'],
  ],
  arguments: [{ name: '<name>', description: 'see: meshproof scenario list; or the path of a folder of your own' }],
  options: [
    { flags: '--port-base <port>', description: 'the first of the ports', default: String(DEFAULT_BASE) },
    { flags: '--timeout <duration>', description: 'give up when it takes longer', default: '3m' },
    OUTPUT_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const scenario = await scenarioCalled(args.text(0), terminal.cwd);
    const { playScenario } = await import('../scenario/play.ts');
    const tell = (line: string): void => {
      terminal.err(`${line}\n`);
    };
    if (!options.json) terminal.out(storyText(scenario, terminal.colors));
    let last = '';
    const played = await playScenario(scenario, terminal, {
      base: options.whole('portBase', { min: 1_024, max: 65_535 - BLOCK_SIZE }) ?? DEFAULT_BASE,
      timeoutMs: options.durationMs('timeout', DEFAULT_TIMEOUT_MS),
      onView: (view) => {
        const line = progressLine(view);
        if (line !== last) tell(`  ${line}`);
        last = line;
      },
      tell,
    });
    const wrong = shortfalls(scenario.story, played);
    if (options.json)
      terminal.out(
        `${JSON.stringify({ scenario: scenario.name, asExpected: wrong.length === 0, shortfalls: wrong, ...played }, null, 2)}\n`,
      );
    else terminal.out(outcomeText(scenario, played, wrong, terminal.colors));
    return wrong.length === 0 ? EXIT.OK : EXIT.UNEXPECTED;
  },
};

/** By its name, or by the path of its folder. */
async function scenarioCalled(name: string, cwd: string): Promise<Scenario> {
  if (/[/\\]/.test(name)) {
    const folder = resolve(cwd, name);
    return readScenario(basename(folder), folder);
  }
  const scenarios = await listScenarios();
  const scenario = scenarios.find((s) => s.name === name);
  if (scenario) return scenario;
  throw new UsageError(`there is no scenario "${name}"`, `there are ${scenarios.map((s) => s.name).join(', ')}`);
}

/** `simulate`: a canary in virtual time, many times over, with the reducer and the judge that would run live. */
import { simulate as simulateRuns } from '../../experiments/simulation/simulate.ts';
import type { CanaryDocument } from '../../contracts/document.ts';
import { formatDuration } from '../../contracts/units.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION } from '../command.ts';
import { loadCanary } from '../documents/load.ts';
import { EXIT } from '../exit-codes.ts';
import { armsOf, TRAFFIC_OPTIONS } from '../simulate/arms.ts';
import { count } from '../text/figures.ts';
import { simulationText } from '../text/simulation.ts';

export const simulate: CommandSpec = {
  name: 'simulate',
  summary: 'Run a canary in virtual time, many times over',
  details:
    'The reducer and the judge are those that run live; only time and traffic are simulated, from rates or drawn from\n' +
    'recorded requests. Beside the candidate as given, a healthy one is simulated: what it shows as FAIL is false.',
  examples: [
    ['meshproof simulate canary.yaml --rate 6000 --candidate-errors 1', 'how soon is one percent of errors found?'],
    ['meshproof simulate canary.yaml --requests requests.ndjson --runs 500', 'on the traffic of yesterday'],
  ],
  arguments: [{ name: '<file>', description: 'a file with a Canary' }],
  options: [
    ...TRAFFIC_OPTIONS,
    { flags: '--runs <count>', description: 'how many runs', default: '100' },
    { flags: '--seed <number>', description: 'the same seed gives the same numbers', default: '1' },
    OUTPUT_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const found = await loadCanary(args.text(0), terminal);
    if (!found) return EXIT.INVALID_INPUT;
    const { arms, perMinute, unreadable } = await armsOf(options, terminal.cwd);
    const runs = options.whole('runs', { min: 1, max: 1_000_000 }) ?? 100;
    const seed = options.whole('seed', { min: 0, max: 2 ** 31 }) ?? 1;
    const document = withoutOthers(found);
    const settings = { perMinute, runs, seed };
    const checks = found.spec.analysis.checks.filter((c) => c.provider !== undefined);
    if (checks.length > 0)
      terminal.err(
        `the checks of providers (${checks.map((c) => c.name).join(', ')}) are left out: nobody answers them here\n`,
      );
    const startedAt = performance.now();
    const asked = simulateRuns(document, arms, settings);
    const healthy = simulateRuns(document, { baseline: arms.baseline, candidate: arms.baseline }, settings);
    const tookMs = performance.now() - startedAt;
    if (options.json) terminal.out(`${JSON.stringify({ seed, perMinute, asked, healthy }, null, 2)}\n`);
    else terminal.out(simulationText(asked, healthy, terminal.colors));
    if (unreadable > 0) terminal.err(`${count(unreadable)} lines are not recorded requests and were left out\n`);
    const virtualMs = asked.virtualMs + healthy.virtualMs;
    terminal.err(
      `seed ${seed}; ${formatDuration(virtualMs)} of virtual time in ${formatDuration(tookMs)}, ${count(virtualMs / tookMs)} times as fast as life\n`,
    );
    return EXIT.OK;
  },
};

/** There is nobody to ask or to approve in virtual time: a provider without answers would leave every run open. */
function withoutOthers(document: CanaryDocument): CanaryDocument {
  const { spec } = document;
  const steps = spec.steps.map((step) => ({ ...step, approval: false }));
  const checks = spec.analysis.checks.filter((check) => check.provider === undefined);
  const calendar = { windows: [], freezes: [] };
  const unwatched = { steps, ...calendar, approval: false, webhooks: [], incoming: [], together: [], after: [] };
  return { ...document, spec: { ...spec, ...unwatched, analysis: { ...spec.analysis, checks } } };
}

/** docs/scenarios.md, made from the stories. */
import { countText } from './outcome.ts';
import type { Scenario } from './story.ts';

/** The page as markdown. */
export function scenariosPage(scenarios: readonly Scenario[], kindOf: (scenario: Scenario) => string): string {
  return [
    '# Scenarios',
    '',
    'Ready experiments on parts of the sample shop. Each is a folder of `scenarios/`: its mesh, its experiment, and its story',
    '(README.md, whose front matter says what is expected). `npm test` runs them all, with real processes and real traffic, and',
    'holds their verdicts and the number of requests that their users lose; some it also runs without what they are about, and their',
    'verdicts have to be others. This page is made from the stories; do not edit it.',
    '',
    '```sh',
    'meshproof scenario list',
    'meshproof scenario run fails-on-writes   # or: npm run scenario fails-on-writes',
    'meshproof scenario run fails-on-writes -o json --port-base 21000',
    '```',
    '',
    'The exit code is 0 when all came out as expected. Your own folder runs in the same way, by its path: `meshproof scenario run',
    './my-scenario`. To change one and watch it in the dashboard: `meshproof up -f scenarios/NAME/mesh.yaml`, then `meshproof run',
    'scenarios/NAME/experiment.yaml --wait`, with traffic of your own.',
    '',
    '| scenario | kind | expected | lost requests | what it teaches |',
    '|---|---|---|---|---|',
    ...scenarios.map((s) => row(s, kindOf(s))),
    '',
    ...scenarios.flatMap(({ name, story }) => [`**${name}.** ${story.title}. *Hypothesis:* ${story.hypothesis}`, '']),
  ].join('\n');
}

function row({ name, story }: Scenario, kind: string): string {
  const { expect, traffic } = story;
  const [only, ...others] = traffic;
  const lost =
    only === undefined
      ? 'no traffic'
      : others.length === 0
        ? countText(only.lost)
        : traffic.map((group) => `${group.name}: ${countText(group.lost)}`).join('; ');
  const link = `[${name}](../scenarios/${name}/README.md)`;
  return `| ${link} | ${kind} | ${expect.verdict}, ${expect.phase} | ${lost} | ${story.teaches.replaceAll('|', '\\|')} |`;
}

/** The demo from curtain to curtain: mesh and shop up, users in, the bad canary, the good one, the table. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshproofError } from '../../contracts/errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { outcomeLine } from '../text/experiment.ts';
import { LocalMesh } from '../up/mesh.ts';
import { planUp } from '../up/plan.ts';
import { SELF } from '../up/self.ts';
import { untilAborted } from '../up/until-aborted.ts';
import { runCanary } from './canary.ts';
import { openInBrowser } from './open.ts';
import { demoScenario } from './scenario.ts';
import type { DemoScenario } from './scenario.ts';
import { createShow } from './show.ts';
import type { Show } from './show.ts';
import { shortfalls, summaryTable } from './summary.ts';
import type { CanaryResult } from './summary.ts';
import { Traffic } from './traffic.ts';

export type DemoOptions = {
  readonly base: number;
  /** Requests a second. */
  readonly rate: number;
  readonly exit: boolean;
  readonly open: boolean;
  readonly timeoutMs: number;
};

/** Reports of the traffic generator (four a second) without an error before the first canary. */
const STEADY_REPORTS = 8;

/** @returns the exit code: 0 only when both verdicts came out as they must */
export async function playDemo(terminal: Terminal, options: DemoOptions): Promise<number> {
  const scenario = await demoScenario(options.base, terminal.cwd);
  const dataDir = mkdtempSync(join(tmpdir(), 'meshproof-demo-'));
  const show = createShow(terminal);
  const plan = planUp(scenario.shop, { control: scenario.control, dataDir, cwd: terminal.cwd, self: SELF });
  let traffic: Traffic | undefined;
  let mesh: LocalMesh | undefined;
  let good = false;
  try {
    show.say('starting the mesh and the shop');
    const { control } = scenario;
    mesh = await LocalMesh.start({ plan, dataDir, control, tell: show.say, signal: terminal.signal });
    show.say(`dashboard: ${mesh.client.server}/   shop: http://${scenario.gateway}/products/1`);
    if (options.open && terminal.live) openInBrowser(`${mesh.client.server}/`, terminal.env);
    traffic = new Traffic(`http://${scenario.gateway}`, options.rate);
    await steady(traffic, options.rate, show);
    const results = await bothCanaries(terminal, options, { scenario, mesh, traffic, show });
    good = report(terminal, results);
    if (!options.exit) {
      terminal.err(`the mesh stays up: ${mesh.client.server}/   Ctrl-C ends it\n`);
      await untilAborted(terminal.signal);
    }
    return good ? EXIT.OK : EXIT.UNEXPECTED;
  } catch (error) {
    if (error instanceof MeshproofError && error.code === 'ADDRESS_IN_USE') {
      terminal.err(`to use other ports: meshproof demo --port-base ${options.base + 10_000}\n`);
    }
    throw error;
  } finally {
    show.close();
    await traffic?.stop();
    await mesh?.stop();
    const logged = existsSync(join(dataDir, 'logs'));
    if (good || terminal.signal.aborted || !logged) rmSync(dataDir, { recursive: true, force: true });
    else terminal.err(`the logs are in ${join(dataDir, 'logs')}\n`);
  }
}

type Stage = {
  readonly scenario: DemoScenario;
  readonly mesh: LocalMesh;
  readonly traffic: Traffic;
  readonly show: Show;
};

async function bothCanaries(terminal: Terminal, options: DemoOptions, stage: Stage): Promise<CanaryResult[]> {
  const { scenario, mesh, traffic, show } = stage;
  const deadlineMs = performance.now() + options.timeoutMs;
  const results: CanaryResult[] = [];
  for (const [document, story] of [
    [scenario.bad, 'a release that loses 5 % of its requests and sometimes stalls'],
    [scenario.good, 'a release that improves the page and is a little quicker'],
  ] as const) {
    show.say(`\n${terminal.colors.bold(document.metadata.name)}: ${story}`);
    const result = await runCanary({
      client: mesh.client,
      traffic,
      document,
      show,
      signal: terminal.signal,
      deadlineMs,
    });
    show.close();
    terminal.out(outcomeLine(result.view, terminal.colors));
    results.push(result);
  }
  return results;
}

/** Cold processes are slow and that is nobody's fault: the canaries begin when the users are served without error. */
async function steady(traffic: Traffic, rate: number, show: Show): Promise<void> {
  let errors = -1;
  for (let calm = 0; calm < STEADY_REPORTS;) {
    const now = await traffic.next();
    calm = now.answered > 0 && now.errors === errors ? calm + 1 : 0;
    errors = now.errors;
  }
  show.say(`${rate} requests a second flow through the shop`);
}

function report(terminal: Terminal, results: readonly CanaryResult[]): boolean {
  const [bad, good] = results;
  terminal.out(`\n${summaryTable(results, terminal.colors)}`);
  const wrong = [...(bad ? shortfalls(bad, 'rolled back') : []), ...(good ? shortfalls(good, 'promoted') : [])];
  for (const sentence of wrong) terminal.err(`${terminal.colors.red('not as it must be:')} ${sentence}\n`);
  return wrong.length === 0;
}

/** `up`: a whole mesh on this machine, from files. */
import { join, resolve } from 'node:path';
import { DEFAULT_CONTROL } from '../../contracts/paths.ts';
import { keyOf } from '../../contracts/document.ts';
import { parseAddress } from '../../contracts/units.ts';
import type { CommandSpec } from '../command.ts';
import { isExperiment, loadValid } from '../documents/load.ts';
import { showProblems } from '../documents/show-problems.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { interruptedExit } from '../interrupted.ts';
import type { Terminal } from '../terminal.ts';
import { untilAborted } from '../up/until-aborted.ts';
import { LocalMesh } from '../up/mesh.ts';
import type { UpPlan } from '../up/plan.ts';
import { planUp } from '../up/plan.ts';
import { SELF } from '../up/self.ts';
import { identify, isStillThere, readState, removeState, writeState } from '../up/state-file.ts';
import { whereThingsAre } from '../up/where.ts';

export const up: CommandSpec = {
  name: 'up',
  summary: 'Start a mesh on this machine',
  details:
    'Starts the control plane, a proxy for every Gateway, the command of every version that has one (spec.versions.*.run)\n' +
    'and a sidecar for every version with outbound, inbound or upstreams. What dies is started again. Ctrl-C ends all of it.\n' +
    'A command finds MESHPROOF_SERVICE, MESHPROOF_VERSION, PORT and MESHPROOF_OUTBOUND in its environment.',
  examples: [
    ['meshproof up -f mesh.yaml', 'start it, and stay'],
    ['meshproof up -f mesh.yaml services/ --listen 127.0.0.1:9950', 'from several files, elsewhere'],
    ['meshproof down', 'from another shell: end it'],
  ],
  options: [
    { flags: '-f, --file <file...>', description: 'files or folders', required: true },
    { flags: '--listen <host:port>', description: 'the control plane and the dashboard', default: DEFAULT_CONTROL },
    { flags: '--data <folder>', description: 'the journal, the store and the logs', default: '.meshproof' },
    {
      flags: '--secrets <folder>',
      description: 'secrets that webhooks and notifications name, a file each (default: control/secrets in --data)',
    },
  ],
  run: async ({ terminal, options }) => {
    const control = options.text('listen') ?? DEFAULT_CONTROL;
    if (!parseAddress(control)) throw new UsageError(`--listen "${control}" is not host:port`);
    const dataDir = resolve(terminal.cwd, options.text('data') ?? '.meshproof');
    const running = readState(dataDir);
    if (running && isStillThere(running.supervisor)) {
      throw new UsageError(
        `a mesh runs here already (process ${running.supervisor.pid})`,
        'end it with: meshproof down',
      );
    }
    const located = await loadValid(options.list('file'), terminal);
    if (!located) return EXIT.INVALID_INPUT;
    const secrets = options.text('secrets');
    const secretsDir = secrets === undefined ? undefined : resolve(terminal.cwd, secrets);
    const plan = planUp(located, { control, dataDir, cwd: terminal.cwd, secretsDir, self: SELF });
    if (plan.problems.length > 0) {
      terminal.err(showProblems(plan.problems, new Map(), terminal.colors));
      return EXIT.INVALID_INPUT;
    }
    for (const experiment of located.filter(isExperiment)) {
      terminal.err(`${keyOf(experiment.document)} is an experiment; start it with: meshproof run ${experiment.file}\n`);
    }
    return keepUp(plan, { terminal, dataDir, control });
  },
};

async function keepUp(
  plan: UpPlan,
  { terminal, dataDir, control }: { terminal: Terminal; dataDir: string; control: string },
): Promise<number> {
  const tell = (line: string): void => {
    terminal.err(`${line}\n`);
  };
  const mesh = await LocalMesh.start({ plan, dataDir, control, tell, signal: terminal.signal });
  try {
    writeState(dataDir, {
      supervisor: identify(process.pid),
      control,
      startedAt: new Date().toISOString(),
      children: mesh.processes().flatMap(({ name, pid }) => (pid === undefined ? [] : [{ ...identify(pid), name }])),
    });
    terminal.out(whereThingsAre(plan, control, join(dataDir, 'logs')));
    terminal.err('Ctrl-C ends it\n');
    await untilAborted(terminal.signal);
    terminal.err('stopping\n');
    return interruptedExit(terminal.signal);
  } finally {
    await mesh.stop();
    removeState(dataDir);
  }
}

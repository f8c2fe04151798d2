/** `down`: ends what `up` started, from another shell; also what an `up` that was killed may have left. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { signalGroup } from '../up/process-group.ts';
import { isStillThere, readState, removeState } from '../up/state-file.ts';
import type { Identity } from '../up/state-file.ts';

const LIMIT_MS = 30_000;

export const down: CommandSpec = {
  name: 'down',
  summary: 'End the mesh that `up` started',
  examples: [['meshproof down', 'end the mesh of this folder']],
  options: [
    { flags: '--data <folder>', description: 'as given to up', default: '.meshproof' },
    { flags: '--timeout <duration>', description: 'kill what is left after this long', default: '30s' },
  ],
  run: async ({ terminal, options }) => {
    const dataDir = resolve(terminal.cwd, options.text('data') ?? '.meshproof');
    const state = readState(dataDir);
    if (!state) {
      terminal.err(`no mesh runs from ${dataDir}\n`);
      return EXIT.OK;
    }
    const limitMs = options.durationMs('timeout', LIMIT_MS);
    if (isStillThere(state.supervisor)) {
      process.kill(state.supervisor.pid, 'SIGTERM');
      await untilGone([state.supervisor], limitMs);
    }
    const left = state.children.filter(isStillThere);
    for (const { pid } of left) signalGroup(pid, 'SIGTERM');
    await untilGone(left, 5_000);
    for (const { pid } of left.filter(isStillThere)) signalGroup(pid, 'SIGKILL');
    if (isStillThere(state.supervisor)) {
      terminal.err(`process ${state.supervisor.pid} did not end within ${limitMs / 1_000} s; it is killed now\n`);
      process.kill(state.supervisor.pid, 'SIGKILL');
    }
    removeState(dataDir);
    terminal.out(`stopped ${state.children.length + 1} processes\n`);
    return EXIT.OK;
  },
};

async function untilGone(processes: readonly Identity[], limitMs: number): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (processes.some(isStillThere) && performance.now() < deadlineMs) await sleep(50);
}

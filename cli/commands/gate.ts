/** `gate check` and `gate wait`: the question that a pipeline asks of an experiment. The exit code is the answer. */
import type { GateStatus } from '../../contracts/experiment.ts';
import { EXIT_OF_VERDICT } from '../../contracts/verdict.ts';
import { clientFor, quickClientFor } from '../api/client.ts';
import { follow } from '../api/follow.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { interruptedExit } from '../interrupted.ts';
import type { Terminal } from '../terminal.ts';
import { paintVerdict } from '../text/experiment.ts';

const NAME = { name: '<name>', description: 'the experiment' };

/** The exit code of a gate: its verdict, unless somebody ended the experiment. */
export function exitOfGate(gate: GateStatus): number {
  if (!gate.terminal) return EXIT.PENDING;
  if (gate.status === 'ABORTED') return EXIT.HALTED;
  if (gate.status === 'ERROR') return EXIT.UNEXPECTED;
  return EXIT_OF_VERDICT[gate.verdict];
}

function show(terminal: Terminal, gate: GateStatus, json: boolean): void {
  if (json) terminal.out(`${JSON.stringify(gate, null, 2)}\n`);
  else terminal.out(`${gate.id}: ${paintVerdict(gate.verdict, terminal.colors)}, ${gate.status}. ${gate.reason}\n`);
}

export const gateCheck: CommandSpec = {
  name: 'gate check',
  summary: 'Ask once: the exit code is the answer',
  examples: [['meshproof gate check reviews-v2', '0 PASS, 2 FAIL, 3 INCONCLUSIVE, 7 ended by someone, 8 pending']],
  arguments: [NAME],
  options: [OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION],
  run: async ({ terminal, args, options }) => {
    const gate = await quickClientFor(terminal, options).gate(args.text(0));
    show(terminal, gate, options.json);
    return exitOfGate(gate);
  },
};

export const gateWait: CommandSpec = {
  name: 'gate wait',
  summary: 'Wait for the answer: the exit code is the verdict',
  examples: [
    ['meshproof gate wait reviews-v2 --timeout 15m', 'hold a pipeline until the verdict'],
    ['meshproof gate wait reviews-v2 -o json', 'and print the status document'],
  ],
  arguments: [NAME],
  options: [
    OUTPUT_OPTION,
    SERVER_OPTION,
    { flags: '--timeout <duration>', description: 'exit with 8 after this long', default: '15m' },
  ],
  run: async ({ terminal, args, options }) => {
    const client = clientFor(terminal, options);
    const startMs = performance.now();
    let last = '';
    const { value, how } = await follow<GateStatus>({
      ask: () => client.gate(args.text(0)),
      ended: (gate) => gate.terminal,
      onValue: (gate) => {
        const line = `${gate.status} ${Math.floor(gate.progress / 10) * 10}%`;
        if (line !== last) terminal.err(`${gate.id}: ${line} ${gate.reason}\n`);
        last = line;
      },
      onAway: (away) => terminal.err(away ? 'the control plane does not answer; waiting for it\n' : 'it is back\n'),
      everyMs: 500,
      nowMs: () => performance.now(),
      deadlineMs: startMs + options.durationMs('timeout', 900_000),
      signal: terminal.signal,
    });
    if (value) show(terminal, value, options.json);
    if (how === 'interrupted') return interruptedExit(terminal.signal);
    return how === 'ended' && value ? exitOfGate(value) : EXIT.PENDING;
  },
};

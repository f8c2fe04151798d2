/** `demo`: the whole product in a minute and a half. */
import type { CommandSpec } from '../command.ts';
import { BLOCK_SIZE, DEFAULT_BASE } from '../demo/ports-block.ts';

const DEFAULT_RATE = 280;
const DEFAULT_TIMEOUT_MS = 240_000;

export const demo: CommandSpec = {
  name: 'demo',
  summary: 'See a bad release rolled back and a good one promoted',
  details:
    'Starts a mesh, a sample shop with steady traffic and the dashboard, and runs two canaries. Nothing is left behind.\n' +
    `Uses ${BLOCK_SIZE} ports from ${DEFAULT_BASE} on; --port-base moves them.`,
  examples: [
    ['meshproof demo', 'watch it, then look around; Ctrl-C ends it'],
    ['meshproof demo --exit', 'end after both verdicts: 0 only if both came out right'],
    ['meshproof demo --port-base 19900', 'when the ports are taken'],
  ],
  options: [
    { flags: '--exit', description: 'end after both verdicts' },
    { flags: '--no-open', description: 'do not open the dashboard in a browser' },
    { flags: '--port-base <port>', description: 'the first of the ports', default: String(DEFAULT_BASE) },
    { flags: '--rate <rps>', description: 'requests a second', default: String(DEFAULT_RATE) },
    { flags: '--timeout <duration>', description: 'give up when the verdicts take longer', default: '4m' },
  ],
  run: async ({ terminal, options }) => {
    const base = options.whole('portBase', { min: 1_024, max: 65_535 - BLOCK_SIZE }) ?? DEFAULT_BASE;
    const rate = options.whole('rate', { min: 10, max: 5_000 }) ?? DEFAULT_RATE;
    const { playDemo } = await import('../demo/play.ts');
    return playDemo(terminal, {
      base,
      rate,
      exit: options.flag('exit'),
      open: options.flag('open'),
      timeoutMs: options.durationMs('timeout', DEFAULT_TIMEOUT_MS),
    });
  },
};

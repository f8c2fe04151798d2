/** `control`: the control plane, in the foreground. */
import { pino } from 'pino';
import { DEFAULT_CONTROL } from '../../contracts/paths.ts';
import { parseAddress } from '../../contracts/units.ts';
import type { CommandSpec } from '../command.ts';
import { UsageError } from '../failure.ts';
import { interruptedExit } from '../interrupted.ts';
import { untilAborted } from '../up/until-aborted.ts';
import { VERSION } from '../version.ts';

export const control: CommandSpec = {
  name: 'control',
  summary: 'Run the control plane',
  details: 'Serves the API, the dashboard and the proxies. Experiments that were running when it ended are resumed.',
  examples: [['meshproof control --listen 127.0.0.1:9900 --data /var/lib/meshproof', 'run it; log to stdout as JSON']],
  options: [
    { flags: '--listen <host:port>', description: 'where it listens', default: DEFAULT_CONTROL },
    { flags: '--data <folder>', description: 'the store and the journal', default: '.meshproof/control' },
    {
      flags: '--secrets <folder>',
      description: 'secrets that webhooks and notifications name, a file each (default: secrets in --data)',
    },
    { flags: '--log-level <level>', description: 'debug, info, warn or error', default: 'info' },
  ],
  run: async ({ terminal, options }) => {
    const listen = options.text('listen') ?? DEFAULT_CONTROL;
    if (!parseAddress(listen)) throw new UsageError(`--listen "${listen}" is not host:port`);
    const { startControl } = await import('../../control/main.ts');
    const log = pino({ level: options.text('logLevel') ?? 'info' });
    const running = await startControl({
      listen,
      dataDir: options.text('data') ?? '.meshproof/control',
      secretsDir: options.text('secrets'),
      log,
      version: VERSION,
    });
    terminal.err(`control plane: http://${running.address}/\n`);
    await untilAborted(terminal.signal);
    await running.close();
    return interruptedExit(terminal.signal);
  },
};

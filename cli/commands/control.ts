/** `control`: the control plane, in the foreground. */
import { pino } from 'pino';
import { DEFAULT_LIFETIME_MS, DEFAULT_TRUST_DOMAIN } from '../../contracts/authority.ts';
import { MAX_LIFETIME_MS, MIN_LIFETIME_MS, TRUST_DOMAIN } from '../../contracts/authority.ts';
import { DEFAULT_CONTROL } from '../../contracts/paths.ts';
import { formatDuration, parseAddress } from '../../contracts/units.ts';
import type { CommandSpec, Options } from '../command.ts';
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
    { flags: '--trust-domain <name>', description: 'of the SPIFFE ids of this mesh', default: DEFAULT_TRUST_DOMAIN },
    {
      flags: '--certificate-lifetime <duration>',
      description: 'how long the certificates of proxies last; renewed at about half of it',
      default: formatDuration(DEFAULT_LIFETIME_MS),
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
      ...authorityOptions(options),
    });
    terminal.err(`control plane: http://${running.address}/\n`);
    await untilAborted(terminal.signal);
    await running.close();
    return interruptedExit(terminal.signal);
  },
};

function authorityOptions(options: Options): { readonly trustDomain: string; readonly certificateMs: number } {
  const trustDomain = options.text('trustDomain') ?? DEFAULT_TRUST_DOMAIN;
  if (!TRUST_DOMAIN.test(trustDomain)) {
    throw new UsageError(`--trust-domain "${trustDomain}" is not a name`, 'write it such as shop.example');
  }
  const certificateMs = options.durationMs('certificateLifetime', DEFAULT_LIFETIME_MS);
  if (certificateMs < MIN_LIFETIME_MS || certificateMs > MAX_LIFETIME_MS) {
    const bounds = `${formatDuration(MIN_LIFETIME_MS)} to ${formatDuration(MAX_LIFETIME_MS)}`;
    throw new UsageError(`--certificate-lifetime is out of range`, `give ${bounds}`);
  }
  return { trustDomain, certificateMs };
}

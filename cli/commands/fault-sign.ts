/** `fault sign`: the header with which a request asks for a fault, for gateways that have a secret. */
import { parse, YAMLParseError } from 'yaml';
import { FaultSpec } from '../../contracts/fault.ts';
import { MAX_SIGNED_FAULT_MS, SIGNED_FAULT_HEADER, signFault } from '../../contracts/signed-fault.ts';
import { formatDuration } from '../../contracts/units.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';

const MIN_SECRET = 16;

export const faultSign: CommandSpec = {
  name: 'fault sign',
  summary: 'Sign a fault that a request may ask for',
  details:
    'Prints the header. A gateway obeys it where its `faultHeaders.secretEnv` names a variable with the same secret;\n' +
    'the header never reaches a service, and one that is not signed, or over, changes nothing.',
  examples: [
    [`FAULTS=… meshproof fault sign --secret-env FAULTS 'abort: {status: 503}'`, 'good for five minutes'],
    [`meshproof fault sign --secret-env FAULTS --for 1h 'delay: {fixed: 2s}'`, 'for an hour'],
  ],
  arguments: [{ name: '<fault>', description: 'the acts of a Fault, as YAML: without service, match and lease' }],
  options: [
    { flags: '--secret-env <name>', description: 'the environment variable that holds the secret', required: true },
    { flags: '--for <duration>', description: 'how long it may be used', default: '5m' },
  ],
  run: ({ terminal, args, options }) => {
    const name = options.text('secretEnv') ?? '';
    const secret = terminal.env[name] ?? '';
    if (secret.length < MIN_SECRET) {
      throw new UsageError(
        `$${name} holds no secret of at least ${MIN_SECRET} characters`,
        'openssl rand -hex 32 makes one',
      );
    }
    const forMs = options.durationMs('for', 300_000);
    if (forMs <= 0 || forMs > MAX_SIGNED_FAULT_MS) {
      throw new UsageError('--for is too long or too short', `give at most ${formatDuration(MAX_SIGNED_FAULT_MS)}`);
    }
    const fault = faultOf(args.text(0));
    const exp = Math.floor((Date.now() + forMs) / 1_000);
    terminal.out(`${SIGNED_FAULT_HEADER}: ${signFault({ exp, fault }, secret)}\n`);
    return Promise.resolve(EXIT.OK);
  },
};

/** The gateway sets the first two; the others are caps, for faults that meet many requests. */
const REFUSED_KEYS = ['service', 'lease', 'maxConcurrent', 'maxPerSecond', 'maxShare'];

/** @throws UsageError that says what is wrong in the fault */
function faultOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new UsageError(`the fault is no YAML: ${error.message}`, "such as 'abort: {status: 503}'");
    throw error;
  }
  const spec = { ...(typeof value === 'object' ? value : {}) };
  const checked = FaultSpec.safeParse({ ...spec, service: 'any' });
  const refused = REFUSED_KEYS.filter((key) => key in spec);
  if (checked.success && refused.length === 0) return spec;
  const why = checked.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new UsageError(
    `the fault cannot be signed: ${why ?? `a gateway takes no ${refused.join(', ')} from a request`}`,
    'meshproof schema Fault shows the keys',
  );
}

/** `proxy`: one proxy, in the foreground: from files, as a gateway of a mesh, or as a sidecar. */
import cluster from 'node:cluster';
import { pino } from 'pino';
import type { Locality } from '../../contracts/balancer.ts';
import { PPM_PER_PERCENT } from '../../contracts/units.ts';
import type { CommandSpec, Options } from '../command.ts';
import { loadValid } from '../documents/load.ts';
import { joinToken } from '../join-token.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { interruptedExit } from '../interrupted.ts';
import { untilAborted } from '../up/until-aborted.ts';
import { runWorkers, sayListeners, serveUntilDrained, workerCount, workerWish } from '../proxy-workers.ts';

export const proxy: CommandSpec = {
  name: 'proxy',
  summary: 'Run a proxy',
  details:
    'From files alone it opens every Gateway in them, and reads them again at SIGHUP. With --control it takes its\n' +
    'configuration from the control plane and keeps the last good one in --data.',
  examples: [
    ['meshproof proxy -f mesh.yaml', 'from files alone'],
    ['meshproof proxy --control http://127.0.0.1:9900 --gateway edge', 'a gateway of a mesh'],
    [
      'meshproof proxy --control http://127.0.0.1:9900 --service reviews --version v1 --outbound 127.0.0.1:9923',
      'a sidecar',
    ],
  ],
  options: [
    { flags: '-f, --file <file...>', description: 'files or folders' },
    { flags: '--control <url>', description: 'the control plane' },
    { flags: '--gateway <name...>', description: 'the gateways that it opens' },
    { flags: '--service <name>', description: 'the service that it stands beside' },
    { flags: '--version <version>', description: 'the version of that service' },
    { flags: '--outbound <host:port>', description: 'where the service sends its calls' },
    { flags: '--locality <region/zone>', description: 'where it stands: near endpoints come first' },
    { flags: '--admin <host:port>', description: 'serves /metrics, /ready, /stack, /config, /endpoints' },
    { flags: '--halt-file <file>', description: 'while this file exists, overlays and faults are off (needs --admin)' },
    {
      flags: '--workers <count>',
      description: 'processes that share the load, for several cores; SIGUSR2 replaces them without losing a request',
      default: '1',
    },
    { flags: '--max-connections <count>', description: 'client connections of one address (default: 20000)' },
    {
      flags: '--max-memory <size>',
      description:
        'what one process may hold, such as 300MB: near it keep-alive is off, at it new connections are refused',
    },
    {
      flags: '--token-file <file>',
      description: 'holds the token of its identity (meshproof ca token); MESHPROOF_TOKEN holds it itself',
    },
    { flags: '--id <id>', description: 'its name in the mesh (default: from the gateway or the service)' },
    { flags: '--data <folder>', description: 'keeps the last good configuration' },
    { flags: '--access-log <file>', description: 'one line of JSON per request; - is standard output' },
    {
      flags: '--otlp <url>',
      description: 'sends spans to a collector (OTLP over HTTP), such as http://127.0.0.1:4318',
    },
    {
      flags: '--trace-sample <percent>',
      description: 'the share of requests that is traced where the caller has not decided',
      default: '1',
    },
    { flags: '--log-level <level>', description: 'debug, info, warn or error', default: 'info' },
  ],
  run: async ({ terminal, options }) => {
    const wanted = proxyOptions(options);
    if (wanted.files && !(await loadValid(wanted.files, terminal))) return EXIT.INVALID_INPUT;
    const workers = workerCount(options.text('workers') ?? '1');
    const token = joinToken(options, terminal, wanted.control);
    if (workers > 1 && cluster.isPrimary) return runWorkers(workers, wanted, options, terminal);
    const { startProxy } = await import('../../proxy/main.ts');
    const asWorker = cluster.isWorker ? workerWish(wanted) : wanted;
    const running = await startProxy({
      ...asWorker,
      ...token,
      log: pino({ level: options.text('logLevel') ?? 'info' }),
    });
    if (cluster.isWorker) return serveUntilDrained(running);
    sayListeners(running.dataplane.config().listeners, terminal);
    if (running.adminAddress !== undefined) terminal.err(`admin: http://${running.adminAddress}/metrics\n`);
    await untilAborted(terminal.signal);
    await running.close();
    return interruptedExit(terminal.signal);
  },
};

export type ProxyWish = {
  readonly files?: string[];
  readonly control?: string;
  readonly node?: {
    readonly id: string;
    readonly role: 'gateway' | 'sidecar';
    readonly gateways: string[];
    readonly service?: string;
    readonly version?: string;
  };
  readonly outbound?: string;
  readonly admin?: string;
  readonly haltFile?: string;
  readonly dataDir?: string;
  readonly accessLog?: string;
  readonly tracing?: { readonly url: string; readonly samplePpm: number };
  readonly locality?: Locality;
  readonly limits?: { readonly maxConnections?: number; readonly maxMemoryBytes?: number };
};

/** @throws UsageError when the options do not name one kind of proxy */
export function proxyOptions(options: Options): ProxyWish {
  const files = [...options.list('file')];
  const gateways = [...options.list('gateway')];
  const control = options.text('control');
  const service = options.text('service');
  const version = options.text('version');
  const outbound = options.text('outbound');
  const admin = options.text('admin');
  const haltFile = options.text('haltFile');
  if (haltFile !== undefined && admin === undefined)
    throw new UsageError('--halt-file needs --admin', 'its thread looks');
  const dataDir = options.text('data');
  const accessLog = options.text('accessLog');
  const locality = localityOf(options.text('locality'));
  const common = {
    ...(admin === undefined ? {} : { admin }),
    ...(haltFile === undefined ? {} : { haltFile }),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(accessLog === undefined ? {} : { accessLog }),
    ...tracingOf(options.text('otlp'), options.text('traceSample') ?? '1'),
    ...(locality === undefined ? {} : { locality }),
    ...limitsOf(options.text('maxConnections'), options.text('maxMemory')),
  };
  if (files.length > 0 === (control !== undefined)) {
    throw new UsageError('give either -f FILE or --control URL', 'meshproof proxy --help shows both');
  }
  if (control === undefined) return { ...common, files };
  if (gateways.length > 0 === (service !== undefined)) {
    throw new UsageError(
      'a proxy of a mesh is either a gateway or a sidecar',
      'give --gateway NAME, or --service NAME',
    );
  }
  if (service !== undefined && version === undefined) throw new UsageError('a sidecar needs --service and --version');
  const sidecar = service === undefined || version === undefined ? {} : { service, version };
  const id = options.text('id') ?? (service === undefined ? gateways.join('-') : `${service}-${version}-sidecar`);
  const node = { id, role: service === undefined ? ('gateway' as const) : ('sidecar' as const), gateways, ...sidecar };
  return { ...common, control, node, ...(outbound === undefined ? {} : { outbound }) };
}

function limitsOf(connections: string | undefined, memory: string | undefined): Pick<ProxyWish, 'limits'> {
  if (connections === undefined && memory === undefined) return {};
  const maxConnections = connections === undefined ? {} : { maxConnections: connectionCount(connections) };
  const maxMemoryBytes = memory === undefined ? {} : { maxMemoryBytes: memorySize(memory) };
  return { limits: { ...maxConnections, ...maxMemoryBytes } };
}

function connectionCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageError(`--max-connections "${text}" is not a number of connections`, 'give a whole number above 0');
}

const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1_000_000, GB: 1_000_000_000 };
/** A proxy that has nothing to do holds about 20 MB. */
const MIN_MEMORY_BYTES = 50_000_000;

function memorySize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(MB|GB)$/.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (UNIT_BYTES[unit ?? ''] ?? NaN));
  if (bytes >= MIN_MEMORY_BYTES) return bytes;
  throw new UsageError(`--max-memory "${text}" is not a size of 50MB or more`, 'write it such as 300MB or 1.5GB');
}

function localityOf(text: string | undefined): Locality | undefined {
  if (text === undefined) return undefined;
  const [region = '', zone, ...rest] = text.split('/');
  if (region === '' || zone === '' || rest.length > 0) {
    throw new UsageError(`"${text}" is not a locality`, 'write REGION or REGION/ZONE, such as eu-west/a');
  }
  return { region, zone };
}

/** @throws UsageError when the URL or the share cannot be read */
function tracingOf(url: string | undefined, sample: string): Pick<ProxyWish, 'tracing'> {
  if (url === undefined) return {};
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UsageError(`--otlp "${url}" is not an http or https URL`, 'such as http://127.0.0.1:4318');
  }
  const percent = Number(sample);
  if (sample.trim() === '' || !(percent >= 0 && percent <= 100)) {
    throw new UsageError(`--trace-sample "${sample}" is not a share in percent`, 'give a number from 0 to 100');
  }
  return { tracing: { url, samplePpm: Math.round(percent * PPM_PER_PERCENT) } };
}

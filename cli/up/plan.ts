/**
 * What `up` starts, from the documents alone: the control plane, a proxy for each gateway, a process for each version
 * that says how it is run, and a sidecar for each version that has one to do (outbound, inbound, upstreams). Pure.
 */
import { dirname, join, resolve } from 'node:path';
import type { SourceDocument, ServiceDocument } from '../../contracts/document.ts';
import { keyOf } from '../../contracts/document.ts';
import type { Problem } from '../../contracts/errors.ts';
import type { Located } from '../../contracts/parse.ts';
import type { Version } from '../../contracts/service.ts';
import { isExperiment } from '../documents/load.ts';

export type Role = 'control' | 'gateway' | 'service' | 'sidecar';

export type ProcessPlan = {
  /** Unique; also the name of its log. For a proxy its id in the mesh. */
  readonly name: string;
  readonly role: Role;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Who it is in the mesh, for a proxy: as in contracts/spiffe.ts. */
  readonly identity?: string;
  /** The version that it serves, for a service. */
  readonly of?: { readonly service: string; readonly version: string };
  /** Ready when this answers 2xx (http) or accepts a connection (tcp). */
  readonly ready?: { readonly how: 'http' | 'tcp'; readonly at: string; readonly timeoutMs: number };
};

/** An address that will be listened on, and who asks for it. */
export type AddressUse = {
  readonly address: string;
  readonly askedBy: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
};

export type UpPlan = {
  readonly control: ProcessPlan;
  readonly proxies: readonly ProcessPlan[];
  readonly services: readonly ProcessPlan[];
  readonly documents: readonly SourceDocument[];
  readonly addresses: readonly AddressUse[];
  readonly problems: readonly Problem[];
};

export type PlanOptions = {
  /** host:port of the control plane. */
  readonly control: string;
  readonly dataDir: string;
  readonly cwd: string;
  /** The folder of the control plane's secrets, where it is not the usual one. */
  readonly secretsDir?: string | undefined;
  /** How this program starts itself: the node binary, and the script with it. */
  readonly self: { readonly program: string; readonly script: string };
};

const READY_TIMEOUT_MS = 20_000;

export function planUp(located: readonly Located[], options: PlanOptions): UpPlan {
  const config = located.filter((d) => !isExperiment(d));
  const proxies: ProcessPlan[] = [];
  const services: ProcessPlan[] = [];
  const addresses: AddressUse[] = [
    { address: options.control, askedBy: 'the control plane', file: '--listen', line: 1, column: 1 },
  ];
  for (const d of config) {
    if (d.document.kind === 'Gateway') {
      const { name } = d.document.metadata;
      proxies.push(proxyPlan({ id: name, role: 'gateway', identity: `gateway/${name}` }, ['--gateway', name], options));
      addresses.push(use(d, d.document.spec.listen, ['spec', 'listen']));
    }
    if (d.document.kind !== 'Service') continue;
    for (const [version, spec] of Object.entries(d.document.spec.versions)) {
      const name = `${d.document.metadata.name}-${version}`;
      const path = ['spec', 'versions', version];
      const ways = sidecarAddresses(d, path, spec);
      if (ways.length > 0) {
        const outbound = spec.outbound === undefined ? [] : ['--outbound', spec.outbound];
        const identity = d.document.metadata.name;
        const args = ['--service', identity, '--version', version, ...outbound];
        proxies.push(proxyPlan({ id: name, role: 'sidecar', identity }, args, options));
        addresses.push(...ways);
      }
      const service = servicePlan(d, d.document, version, spec, options);
      if (!service) continue;
      services.push(service);
      addresses.push(use(d, spec.endpoints[0]?.address ?? '', [...path, 'endpoints', 0]));
    }
  }
  return {
    control: controlPlan(options),
    proxies,
    services,
    documents: config.map((d) => d.source),
    addresses,
    problems: [...askedTwice(addresses), ...namedTwice([...proxies, ...services], options)],
  };
}

/** Where the version's sidecar listens; nowhere: it has none. */
function sidecarAddresses(d: Located, path: readonly PropertyKey[], spec: Version): AddressUse[] {
  const { outbound, inbound, upstreams = [] } = spec;
  return [
    ...(outbound === undefined ? [] : [use(d, outbound, [...path, 'outbound'])]),
    ...(inbound === undefined ? [] : [use(d, inbound, [...path, 'inbound'])]),
    ...upstreams.map(({ listen }, i) => use(d, listen, [...path, 'upstreams', i, 'listen'])),
  ];
}

/** Of the control plane of a mesh on this machine. @param dataDir - of the mesh */
export function controlDataDir(dataDir: string): string {
  return join(dataDir, 'control');
}

function controlPlan({ control, dataDir, cwd, secretsDir, self }: PlanOptions): ProcessPlan {
  const secrets = secretsDir === undefined ? [] : ['--secrets', secretsDir];
  return {
    name: 'control',
    role: 'control',
    program: self.program,
    args: [self.script, 'control', '--listen', control, '--data', controlDataDir(dataDir), ...secrets],
    cwd,
    env: { NO_COLOR: '1' },
    ready: { how: 'http', at: `http://${control}/healthz`, timeoutMs: READY_TIMEOUT_MS },
  };
}

function proxyPlan(
  { id, role, identity }: { readonly id: string; readonly role: Role; readonly identity: string },
  args: readonly string[],
  o: PlanOptions,
): ProcessPlan {
  const data = join(o.dataDir, 'proxies', `${role}-${id}`);
  const common = [
    '--control',
    `http://${o.control}`,
    '--id',
    role === 'gateway' ? id : `${id}-sidecar`,
    '--data',
    data,
  ];
  return {
    name: role === 'gateway' ? id : `${id}-sidecar`,
    role,
    identity,
    program: o.self.program,
    args: [o.self.script, 'proxy', ...common, ...args],
    cwd: o.cwd,
    env: { NO_COLOR: '1' },
  };
}

function servicePlan(
  located: Located,
  { metadata }: ServiceDocument,
  version: string,
  spec: Version,
  options: PlanOptions,
): ProcessPlan | undefined {
  const endpoint = spec.endpoints[0]?.address;
  if (!spec.run || endpoint === undefined) return undefined;
  const [command = '', ...args] = spec.run.command;
  const ready = spec.run.ready;
  return {
    name: `${metadata.name}-${version}`,
    role: 'service',
    of: { service: metadata.name, version },
    // The node that runs this program also runs the services that ask for `node`, whatever PATH says.
    program: command === 'node' ? options.self.program : command,
    args,
    cwd: resolve(options.cwd, dirname(located.file), spec.run.cwd ?? '.'),
    env: {
      PORT: endpoint.slice(endpoint.lastIndexOf(':') + 1),
      MESHPROOF_SERVICE: metadata.name,
      MESHPROOF_VERSION: version,
      ...(spec.outbound === undefined ? {} : { MESHPROOF_OUTBOUND: spec.outbound }),
      ...spec.run.env,
    },
    ready: ready
      ? { how: 'http', at: `http://${endpoint}${ready.path}`, timeoutMs: ready.timeout }
      : { how: 'tcp', at: endpoint, timeoutMs: READY_TIMEOUT_MS },
  };
}

function use(located: Located, address: string, path: readonly PropertyKey[]): AddressUse {
  const version = path[1] === 'versions' ? ` ${String(path[2])}` : '';
  return { address, askedBy: `${keyOf(located.document)}${version}`, file: located.file, ...located.locate(path) };
}

/** One address can be listened on once. Port 0 is any free port and never clashes. */
function askedTwice(addresses: readonly AddressUse[]): Problem[] {
  const first = new Map<string, AddressUse>();
  return addresses.flatMap((use) => {
    const earlier = first.get(use.address);
    if (!earlier) first.set(use.address, use);
    if (!earlier || use.address.endsWith(':0')) return [];
    const { file, line, column } = use;
    const message = `${use.address} is asked for by ${earlier.askedBy} already; give each its own`;
    return [{ file, line, column, path: use.askedBy, message }];
  });
}

function namedTwice(processes: readonly ProcessPlan[], options: PlanOptions): Problem[] {
  const seen = new Set(['control']);
  return processes.flatMap(({ name }) => {
    const again = seen.has(name);
    seen.add(name);
    const message = `two processes would be called ${name}; rename a service, a version or a gateway`;
    return again ? [{ file: options.cwd, line: 1, column: 1, path: name, message }] : [];
  });
}

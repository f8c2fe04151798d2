/**
 * Checks across documents, after each is valid by itself: names that do not exist, two gateways on one address,
 * one name twice. Pure; the same code runs in `validate`, in the control plane and in the proxy.
 */
import { ANY_IDENTITY } from './access-policy.ts';
import { orderIssues } from './after.ts';
import { keyOf } from './document.ts';
import type {
  ABTestDocument,
  AccessPolicyDocument,
  BlueGreenDocument,
  CanaryDocument,
  ChaosDocument,
  Document,
  GatewayDocument,
  RouteDocument,
  ServiceDocument,
  ShadowDocument,
} from './document.ts';
import type { FaultSpec } from './fault.ts';
import { togetherIssues } from './together.ts';
import { nearest } from './nearest.ts';
import type { Issue } from './parse.ts';
import type { ProcessFaultSpec } from './process-fault.ts';
import { parseAddress } from './units.ts';
import { gatewayBytesIssues, localPortBytesIssues } from './validate-bytes.ts';
import { tlsFaultIssues } from './validate-fault-tls.ts';

/** An issue, with the index of the document that it is in. */
/** An issue that is there because another document is not. */
type NeedingIssue = Issue & { readonly needs?: string };

export type CrossIssue = Issue & { readonly index: number };

/**
 * @param broken - keys of documents that were declared but are not valid by themselves: they are not called missing
 * @returns every problem between the documents; an empty list when they fit together
 */
export function crossCheck(documents: readonly Document[], broken: ReadonlySet<string> = new Set()): CrossIssue[] {
  const services = new Map<string, ServiceDocument>();
  const gateways = new Map<string, GatewayDocument>();
  for (const d of documents) {
    if (d.kind === 'Service') services.set(d.metadata.name, d);
    if (d.kind === 'Gateway') gateways.set(d.metadata.name, d);
  }
  const issues: CrossIssue[] = [...duplicates(documents), ...orderIssues(documents)];
  issues.push(...documents.flatMap((d, index) => togetherIssues(d, documents).map((issue) => ({ ...issue, index }))));
  const listeners = new Map<string, string>();
  issues.push(...twoPolicies(documents));
  documents.forEach((document, index) => {
    const found = checkOne(document, services, gateways, listeners).filter((issue) => !broken.has(issue.needs ?? ''));
    issues.push(...found.map((issue) => ({ ...issue, index })));
  });
  return issues;
}

function duplicates(documents: readonly Document[]): CrossIssue[] {
  const seen = new Set<string>();
  return documents.flatMap((document, index) => {
    const key = keyOf(document);
    const again = seen.has(key);
    seen.add(key);
    return again ? [{ index, path: ['metadata', 'name'], message: `${key} is declared twice` }] : [];
  });
}

/** Which of the two would hold? */
function twoPolicies(documents: readonly Document[]): CrossIssue[] {
  const seen = new Set<string>();
  return documents.flatMap((document, index) => {
    if (document.kind !== 'AccessPolicy') return [];
    const { service } = document.spec;
    const again = seen.has(service);
    seen.add(service);
    return again ? [{ index, path: ['spec', 'service'], message: `${service} has an AccessPolicy already` }] : [];
  });
}

function checkOne(
  document: Document,
  services: ReadonlyMap<string, ServiceDocument>,
  gateways: ReadonlyMap<string, GatewayDocument>,
  listeners: Map<string, string>,
): NeedingIssue[] {
  switch (document.kind) {
    case 'Service':
      return checkService(document, services);
    case 'Route':
      return checkRoute(document, services);
    case 'Gateway':
      return checkGateway(document, services, listeners);
    case 'Fault':
      return faultIssues(document.spec, services, gateways, ['spec']);
    case 'AccessPolicy':
      return checkAccessPolicy(document, services);
    case 'Canary':
    case 'BlueGreen':
    case 'Shadow':
      return checkRelease(document, services);
    case 'ABTest':
      return checkTest(document, services);
    case 'Chaos':
      return checkChaos(document, services, gateways);
    case 'Notification':
      return []; // it may be there before the services that it is about
  }
}

function checkService(
  { metadata, spec }: ServiceDocument,
  services: ReadonlyMap<string, ServiceDocument>,
): NeedingIssue[] {
  return [
    ...versionIssue(metadata.name, spec.stable, Object.keys(spec.versions), ['spec', 'stable']),
    ...Object.entries(spec.versions).flatMap(([version, { upstreams = [] }]) =>
      upstreams.flatMap(({ service }, i) =>
        services.has(service)
          ? []
          : [missingService(service, services, ['spec', 'versions', version, 'upstreams', i, 'service'])],
      ),
    ),
    ...localPortBytesIssues({ spec }, services),
  ];
}

function checkRoute({ spec }: RouteDocument, services: ReadonlyMap<string, ServiceDocument>): NeedingIssue[] {
  const service = services.get(spec.service);
  if (!service) return [missingService(spec.service, services, ['spec', 'service'])];
  const versions = Object.keys(service.spec.versions);
  return spec.rules.flatMap((rule, r) =>
    (['split', 'mirror'] as const).flatMap((key) =>
      (rule[key] ?? []).flatMap((entry, i) =>
        versionIssue(spec.service, entry.version, versions, ['spec', 'rules', r, key, i, 'version']),
      ),
    ),
  );
}

function checkGateway(
  { metadata, spec }: GatewayDocument,
  services: ReadonlyMap<string, ServiceDocument>,
  listeners: Map<string, string>,
): NeedingIssue[] {
  const issues: NeedingIssue[] = [];
  const other = listeners.get(spec.listen);
  if (other !== undefined && !spec.listen.endsWith(':0')) {
    issues.push({
      path: ['spec', 'listen'],
      message: `${spec.listen} is the address of Gateway/${other} already; give each gateway its own`,
    });
  }
  listeners.set(spec.listen, metadata.name);
  if (spec.defaultService !== undefined && !services.has(spec.defaultService)) {
    issues.push(missingService(spec.defaultService, services, ['spec', 'defaultService']));
  }
  for (const [host, service] of Object.entries(spec.hosts)) {
    if (!services.has(service)) issues.push(missingService(service, services, ['spec', 'hosts', host]));
  }
  for (const [name, service] of Object.entries(spec.sni)) {
    if (!services.has(service)) issues.push(missingService(service, services, ['spec', 'sni', name]));
  }
  const bytes = gatewayBytesIssues({ spec }, services);
  return [...issues, ...waysOf(spec), ...passThroughIssues(spec, services), ...bytes];
}

function passThroughIssues(
  { protocol, passThrough }: GatewayDocument['spec'],
  services: ReadonlyMap<string, ServiceDocument>,
): NeedingIssue[] {
  if (passThrough.length > 0 && protocol !== 'http-proxy') {
    return [{ path: ['spec', 'passThrough'], message: 'passThrough needs "protocol: http-proxy"' }];
  }
  return passThrough.flatMap((address, i) => {
    const service = (parseAddress(address)?.host ?? '').replace(/\.mesh$/, '');
    const message = `${address}: Service "${service}" has this name; requests go to it, and not past the mesh`;
    return services.has(service) ? [{ path: ['spec', 'passThrough', i], message }] : [];
  });
}

/** Each protocol finds its service in its own way, and a key of another one would do nothing. */
function waysOf(spec: GatewayDocument['spec']): NeedingIssue[] {
  const { protocol, defaultService, hosts, sni, tls } = spec;
  const issues: NeedingIssue[] = [];
  const [hasHosts, hasSni] = [Object.keys(hosts).length > 0, Object.keys(sni).length > 0];
  if (hasHosts && protocol !== 'http' && protocol !== 'http-proxy') {
    issues.push({
      path: ['spec', 'hosts'],
      message: `hosts are of HTTP; a gateway with protocol ${protocol} sees none`,
    });
  }
  if (hasSni && protocol !== 'tls-passthrough') {
    issues.push({ path: ['spec', 'sni'], message: 'sni needs "protocol: tls-passthrough"' });
  }
  if (protocol === 'tcp' || protocol === 'tls-passthrough') {
    for (const key of ['rateLimit', 'admission', 'idleTimeout'] as const) {
      if (spec[key] === undefined) continue;
      const does =
        key === 'idleTimeout'
          ? 'is of connections between requests (tcpIdleTimeout of a service is not)'
          : 'counts requests';
      issues.push({ path: ['spec', key], message: `${key} ${does}; a gateway with protocol ${protocol} sees none` });
    }
  }
  if (tls && protocol !== 'http') {
    issues.push({
      path: ['spec', 'tls'],
      message: `TLS ends only at a gateway with "protocol: http", not ${protocol}`,
    });
  }
  if (protocol === 'http-proxy') {
    const message = 'an http-proxy goes to the service that the host names; give further names in hosts';
    return defaultService === undefined ? issues : [...issues, { path: ['spec', 'defaultService'], message }];
  }
  const ways = { http: 'hosts', tcp: undefined, 'tls-passthrough': 'sni' }[protocol];
  if (defaultService === undefined && !(protocol === 'http' ? hasHosts : hasSni)) {
    const or = ways === undefined ? '' : `, or ${ways}`;
    issues.push({ path: ['spec'], message: `the gateway leads nowhere; give it a defaultService${or}` });
  }
  return issues;
}

/** @param path - where the fault stands in its document */
function faultIssues(
  spec: FaultSpec,
  services: ReadonlyMap<string, ServiceDocument>,
  gateways: ReadonlyMap<string, GatewayDocument>,
  path: readonly PropertyKey[],
): NeedingIssue[] {
  const service = services.get(spec.service);
  if (!service) return [missingService(spec.service, services, [...path, 'service'])];
  const { versions } = service.spec;
  const from = spec.partition?.from;
  return [
    ...tlsFaultIssues(spec, services, gateways, path),
    ...(spec.version === undefined
      ? []
      : versionIssue(spec.service, spec.version, Object.keys(versions), [...path, 'version'])),
    ...(from === undefined || services.has(from)
      ? []
      : [missingService(from, services, [...path, 'partition', 'from'])]),
    ...(Array.isArray(spec.endpointGone) ? spec.endpointGone : []).flatMap((address, i) =>
      Object.values(versions).some((v) => v.inbound === address || v.endpoints.some((e) => e.address === address))
        ? []
        : [{ path: [...path, 'endpointGone', i], message: `Service "${spec.service}" has no endpoint ${address}` }],
    ),
  ];
}

/** A policy that nothing enforces would be worse than none. */
function checkAccessPolicy(
  { spec }: AccessPolicyDocument,
  services: ReadonlyMap<string, ServiceDocument>,
): NeedingIssue[] {
  const service = services.get(spec.service);
  if (!service) return [missingService(spec.service, services, ['spec', 'service'])];
  const issues: NeedingIssue[] = spec.rules.flatMap(({ from }, r) =>
    from.flatMap((name, i) =>
      name === ANY_IDENTITY || name.startsWith('gateway/') || services.has(name)
        ? []
        : [missingService(name, services, ['spec', 'rules', r, 'from', i])],
    ),
  );
  const open = Object.entries(service.spec.versions).find(([, { inbound }]) => inbound === undefined);
  if (open || service.spec.mtls === 'off') {
    const why = open ? `its version ${open[0]} has no \`inbound\`` : 'its mtls is off';
    issues.push({ path: ['spec', 'service'], message: `nothing enforces this for ${spec.service}: ${why}` });
  }
  return issues;
}

/** An experiment may stand in a file without its service (it is in the control plane): then only what is known is checked. */
function checkRelease(
  { spec }: CanaryDocument | BlueGreenDocument | ShadowDocument,
  services: ReadonlyMap<string, ServiceDocument>,
): NeedingIssue[] {
  if (services.size === 0) return [];
  const service = services.get(spec.service);
  if (!service) return [missingService(spec.service, services, ['spec', 'service'])];
  const versions = Object.keys(service.spec.versions);
  return [
    ...versionIssue(spec.service, spec.baseline, versions, ['spec', 'baseline']),
    ...versionIssue(spec.service, spec.candidate, versions, ['spec', 'candidate']),
    ...('freshBaseline' in spec && spec.freshBaseline !== undefined
      ? versionIssue(spec.service, spec.freshBaseline, versions, ['spec', 'freshBaseline'])
      : []),
  ];
}

function checkTest({ spec }: ABTestDocument, services: ReadonlyMap<string, ServiceDocument>): NeedingIssue[] {
  if (services.size === 0) return [];
  const service = services.get(spec.service);
  if (!service) return [missingService(spec.service, services, ['spec', 'service'])];
  const versions = Object.keys(service.spec.versions);
  return spec.arms.flatMap((arm, i) =>
    versionIssue(spec.service, arm.version, versions, ['spec', 'arms', i, 'version']),
  );
}

/** A process can be broken only where `up` runs it. */
function processIssues(
  { service: name, version }: ProcessFaultSpec,
  services: ReadonlyMap<string, ServiceDocument>,
  path: readonly PropertyKey[],
): NeedingIssue[] {
  const service = services.get(name);
  if (!service) return [missingService(name, services, [...path, 'service'])];
  const { versions } = service.spec;
  if (version !== undefined && !versions[version])
    return versionIssue(name, version, Object.keys(versions), [...path, 'version']);
  const aimedAt = Object.entries(versions).filter(([v]) => version === undefined || v === version);
  if (aimedAt.some(([, { run }]) => run !== undefined)) return [];
  const which = version === undefined ? `no version of ${name} has` : `version ${version} of ${name} does not have`;
  return [
    { path: [...path, 'service'], message: `${which} a \`run\`: there is no process that \`meshproof up\` starts` },
  ];
}

/** As checkRelease; faults may hit services beside the one in scope. */
function checkChaos(
  { spec }: ChaosDocument,
  services: ReadonlyMap<string, ServiceDocument>,
  gateways: ReadonlyMap<string, GatewayDocument>,
): NeedingIssue[] {
  if (services.size === 0) return [];
  const scope = services.has(spec.service) ? [] : [missingService(spec.service, services, ['spec', 'service'])];
  const faults = spec.faults.flatMap(({ fault, process }, i) => {
    const path = ['spec', 'faults', i] as const;
    if (fault) return faultIssues(fault, services, gateways, [...path, 'fault']);
    return process ? processIssues(process, services, [...path, 'process']) : [];
  });
  return [...scope, ...faults];
}

function missingService(
  name: string,
  services: ReadonlyMap<string, ServiceDocument>,
  path: PropertyKey[],
): NeedingIssue {
  const hint = nearest(name, [...services.keys()]);
  return {
    needs: `Service/${name}`,
    path,
    message: `there is no Service "${name}"; ${hint ? `did you mean "${hint}"?` : `declare it in the same set of files`}`,
  };
}

function versionIssue(service: string, version: string, versions: readonly string[], path: PropertyKey[]): Issue[] {
  if (versions.includes(version)) return [];
  const hint = nearest(version, versions);
  return [
    {
      path,
      message: `Service "${service}" has no version "${version}"; ${hint ? `did you mean "${hint}"?` : `it has ${versions.join(', ')}`}`,
    },
  ];
}

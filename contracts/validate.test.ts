import { describe, expect, it } from 'vitest';
import { formatProblem, parseFile } from './parse.ts';
import { crossCheckFiles } from './validate-files.ts';

/** Every problem of one file, as a person reads them. */
function problemsOf(text: string): string[] {
  const { documents, problems, broken } = parseFile('mesh.yaml', text);
  return [...problems, ...crossCheckFiles(documents, broken)].map(formatProblem);
}

const SERVICE = `apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: web}
spec: {stable: v1, versions: {v1: {endpoints: ["127.0.0.1:9081"]}, v2: {endpoints: ["127.0.0.1:9082"]}}}
`;
const gateway = (name: string, listen: string, service = 'web'): string => `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: ${name}}
spec: {listen: "${listen}", defaultService: ${service}}
`;
const canary = (spec: string): string => `apiVersion: meshproof.dev/v1
kind: Canary
metadata: {name: web-v2}
spec: {service: web, baseline: v1, ${spec}}
`;

describe('checks across documents', () => {
  it('say nothing about files that fit together', () => {
    expect(problemsOf([SERVICE, gateway('edge', '127.0.0.1:8080'), canary('candidate: v2')].join('---\n'))).toEqual([]);
  });

  it('find two gateways on one address, at the line of the second', () => {
    const text = [SERVICE, gateway('a', '127.0.0.1:8080'), gateway('b', '127.0.0.1:8080')].join('---\n');
    expect(problemsOf(text)).toEqual([
      'mesh.yaml:14:16: Gateway/b spec.listen: 127.0.0.1:8080 is the address of Gateway/a already; give each gateway its own',
    ]);
  });

  it('find a version that does not exist, and name the nearest', () => {
    expect(problemsOf([SERVICE, canary('candidate: v22')].join('---\n'))).toEqual([
      'mesh.yaml:9:47: Canary/web-v2 spec.candidate: Service "web" has no version "v22"; did you mean "v2"?',
    ]);
  });

  it('find a fresh baseline that does not exist', () => {
    expect(problemsOf([SERVICE, canary('candidate: v2, freshBaseline: v1-fresh')].join('---\n'))).toEqual([
      expect.stringContaining('spec.freshBaseline: Service "web" has no version "v1-fresh"'),
    ]);
  });

  it('do not call a service missing that is there and wrong in itself', () => {
    const broken = SERVICE.replace('127.0.0.1:9081', 'nowhere');
    const problems = problemsOf([broken, gateway('edge', '127.0.0.1:8080')].join('---\n'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('"nowhere" is not an address');
  });

  it('find a document that is declared twice', () => {
    expect(problemsOf([SERVICE, SERVICE].join('---\n'))).toEqual([
      expect.stringContaining('Service/web is declared twice'),
    ]);
  });

  it('want handshakes where a fault is to break them', () => {
    const fault = (tls: string, more = ''): string => `apiVersion: meshproof.dev/v1
kind: Fault
metadata: {name: tls}
spec: {service: web, tls: {${tls}, handshakeFailure: true}${more}}
`;
    const secured = (text: string): string => text.replace('{listen', '{tls: {certificate: a.pem, key: a.key}, listen');
    const edge = gateway('edge', '127.0.0.1:8443');
    const inbound = SERVICE.replace('["127.0.0.1:9081"]', '["127.0.0.1:9081"], inbound: "127.0.0.1:15001"');
    const other = SERVICE.replace('name: web', 'name: other');
    const of = (...texts: string[]): string => problemsOf(texts.join('---\n')).join();
    const there = fault('gateway: edge');
    const here = fault('expiredCertificate: true').replace(', handshakeFailure: true', '');
    expect(of(SERVICE, secured(edge), there)).toBe('');
    expect(of(SERVICE, secured(edge), fault('gateway: egde'))).toContain('did you mean "edge"?');
    expect(of(SERVICE, edge, there)).toContain('Gateway "edge" ends no TLS');
    expect(of(SERVICE, other, secured(gateway('edge', '127.0.0.1:1', 'other')), there)).toContain('does not lead to');
    expect(of(SERVICE, secured(edge), fault('gateway: edge', ', version: v1'))).toContain('leave version out');
    expect(of(inbound, here)).toBe('');
    expect(of(SERVICE, here)).toContain('it has no `inbound` with mTLS');
    expect(of(inbound, here.replace('service: web', 'service: web, version: v2'))).toContain('no `inbound`');
    expect(of(inbound.replace('{stable', '{mtls: off, stable'), here)).toContain('no `inbound`');
    expect(of(inbound, fault('expiredCertificate: true'))).toContain('give exactly one of');
  });

  it('let no bytes go to a sidecar that takes only HTTP', () => {
    const off = SERVICE.replace('{stable', '{mtls: off, stable').replace(
      '["127.0.0.1:9081"]',
      '["127.0.0.1:9081"], inbound: "127.0.0.1:15001"',
    );
    const edge = `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: bytes}
spec: {listen: "127.0.0.1:1", protocol: tls-passthrough, sni: {a.example: web}, defaultService: web}
`;
    expect(problemsOf(`${off}---\n${edge}`)).toEqual([
      expect.stringContaining('spec.defaultService: connections are passed on as bytes here'),
      expect.stringContaining('the sidecar of web v1 takes only HTTP'),
    ]);
    expect(problemsOf(`${off.replace('mtls: off', 'mtls: permissive')}---\n${edge}`)).toEqual([]);
    const caller = SERVICE.replace('name: web', 'name: cart').replace(
      '["127.0.0.1:9081"]',
      '["127.0.0.1:9082"], upstreams: [{service: web, listen: "127.0.0.1:2", protocol: tcp}]',
    );
    expect(problemsOf(`${off}---\n${caller}`)).toEqual([expect.stringContaining('upstreams[0].service')]);
    expect(problemsOf(`${off}---\n${caller.replace('protocol: tcp', 'protocol: http')}`)).toEqual([]);
  });

  it('hold an http-proxy to hosts that it may know, and passThrough to an http-proxy', () => {
    const proxy = (spec: string): string[] =>
      problemsOf(
        `${SERVICE}---\napiVersion: meshproof.dev/v1\nkind: Gateway\nmetadata: {name: p}\nspec: {listen: "127.0.0.1:1", ${spec}}\n`,
      );
    expect(proxy('protocol: http-proxy, passThrough: ["api.example.org:443"], hosts: {w: web}')).toEqual([]);
    expect(proxy('protocol: http-proxy, defaultService: web')).toEqual([
      expect.stringContaining('spec.defaultService: an http-proxy goes to the service that the host names'),
    ]);
    expect(proxy('protocol: http-proxy, passThrough: ["web.mesh:80"]')).toEqual([
      expect.stringContaining('Service "web" has this name'),
    ]);
    expect(proxy('defaultService: web, passThrough: ["a:80"]')).toEqual([
      expect.stringContaining('passThrough needs "protocol: http-proxy"'),
    ]);
  });

  it('keep limits of requests from gateways that see none', () => {
    const tcp = (spec: string): string[] =>
      problemsOf(
        `${SERVICE}---\napiVersion: meshproof.dev/v1\nkind: Gateway\nmetadata: {name: p}\nspec: {listen: "127.0.0.1:1", defaultService: web, ${spec}}\n`,
      );
    expect(tcp('rateLimit: {requests: 1}, admission: {maxInFlight: 1}')).toEqual([]);
    expect(tcp('protocol: tcp, idleTimeout: 5s')).toEqual([
      expect.stringContaining('spec.idleTimeout: idleTimeout is of'),
    ]);
    expect(tcp('protocol: tcp, rateLimit: {requests: 1}, admission: {maxInFlight: 1}')).toEqual([
      expect.stringContaining('spec.rateLimit: rateLimit counts requests'),
      expect.stringContaining('spec.admission: admission counts requests'),
    ]);
  });

  it('want the services of local ports to exist, on loopback', () => {
    const upstream = (text: string): string[] =>
      problemsOf(SERVICE.replace('["127.0.0.1:9081"]', `["127.0.0.1:9081"], upstreams: [${text}]`));
    expect(upstream('{service: web, listen: "127.0.0.1:1"}, {service: web, listen: "[::1]:1"}')).toEqual([]);
    expect(upstream('{service: wep, listen: "127.0.0.1:1"}')).toEqual([expect.stringContaining('did you mean "web"?')]);
    expect(upstream('{service: web, listen: "0.0.0.0:1"}')).toEqual([expect.stringContaining('is on loopback')]);
    expect(upstream('{service: web, listen: "127.0.0.1:1"}, {service: web, listen: "127.0.0.1:1"}')).toEqual([
      expect.stringContaining('an address stands here twice'),
    ]);
  });

  it('want the faults of a Chaos to hit what exists: versions, and processes that something starts', () => {
    const chaos = (fault: string): string[] =>
      problemsOf(
        `${SERVICE}---\napiVersion: meshproof.dev/v1\nkind: Chaos\nmetadata: {name: c}\nspec: {service: web, ` +
          `steadyState: {metrics: [{name: success-rate, min: 90}]}, faults: [{name: f, for: 5s, ${fault}}]}\n`,
      );
    expect(chaos('fault: {service: web, percent: 5, abort: {status: 503}}')).toEqual([]);
    expect(chaos('fault: {service: wep, percent: 5, abort: {status: 503}}')).toEqual([
      expect.stringContaining('did you mean "web"?'),
    ]);
    expect(chaos('fault: {service: web, percent: 60, abort: {status: 503}}')).toEqual([
      expect.stringContaining('more than maxShare'),
    ]);
    expect(chaos('process: {service: web, pause: true}')).toEqual([
      expect.stringContaining('no version of web has a `run`'),
    ]);
    expect(chaos('process: {service: web, pause: true, kill: true}')).toEqual([expect.stringContaining('give one of')]);
    expect(chaos('at: 1s')).toEqual([expect.stringContaining('give either fault or process')]);
  });
});

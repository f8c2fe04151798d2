import { describe, expect, it } from 'vitest';
import { parseFile } from '../../contracts/parse.ts';
import type { PlanOptions } from './plan.ts';
import { planUp } from './plan.ts';

const OPTIONS: PlanOptions = {
  control: '127.0.0.1:9900',
  dataDir: '/data',
  cwd: '/home/jo',
  self: { program: '/bin/node', script: '/pkg/main.js' },
};

const MESH = `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: edge}
spec: {listen: "127.0.0.1:8080", defaultService: shop}
---
apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: shop}
spec:
  stable: v1
  versions:
    v1:
      endpoints: ["127.0.0.1:9001"]
      outbound: "127.0.0.1:9002"
      run: {command: [node, app.js], cwd: src, env: {MODE: dev}, ready: {path: /healthz}}
    v2: {endpoints: ["10.0.0.1:80"]}
---
apiVersion: meshproof.dev/v1
kind: Canary
metadata: {name: shop-v2}
spec: {service: shop, baseline: v1, candidate: v2}
`;

function plan(text: string) {
  const { documents, problems } = parseFile('deploy/mesh.yaml', text);
  expect(problems).toEqual([]);
  return planUp(documents, OPTIONS);
}

describe('the plan of up', () => {
  it('has a proxy for each gateway and each outbound address', () => {
    expect(plan(MESH).proxies.map((p) => [p.name, p.role])).toEqual([
      ['edge', 'gateway'],
      ['shop-v1-sidecar', 'sidecar'],
    ]);
    expect(plan(MESH).proxies[1]?.args.join(' ')).toContain('--service shop --version v1 --outbound 127.0.0.1:9002');
  });

  it('gives each proxy the name that its certificate says', () => {
    expect(plan(MESH).proxies.map((p) => p.identity)).toEqual(['gateway/edge', 'shop']);
  });

  it('has a sidecar for a version that only takes calls, or only has local ports', () => {
    const mesh = MESH.replace(
      'v2: {endpoints: ["10.0.0.1:80"]}',
      'v2: {endpoints: ["10.0.0.1:80"], upstreams: [{service: shop, listen: "127.0.0.1:9200"}]}\n    v3: {endpoints: ["10.0.0.1:81"], inbound: "127.0.0.1:9300"}',
    );
    const { proxies, addresses } = plan(mesh);
    expect(proxies.slice(2).map((p) => p.args.slice(-4))).toEqual([
      ['--service', 'shop', '--version', 'v2'],
      ['--service', 'shop', '--version', 'v3'],
    ]);
    expect(addresses.map((a) => a.address)).toEqual(expect.arrayContaining(['127.0.0.1:9200', '127.0.0.1:9300']));
  });

  it('runs the command of a version beside its file, with its place in the mesh in the environment', () => {
    expect(plan(MESH).services).toEqual([
      {
        name: 'shop-v1',
        of: { service: 'shop', version: 'v1' },
        role: 'service',
        program: '/bin/node',
        args: ['app.js'],
        cwd: '/home/jo/deploy/src',
        env: {
          PORT: '9001',
          MESHPROOF_SERVICE: 'shop',
          MESHPROOF_VERSION: 'v1',
          MESHPROOF_OUTBOUND: '127.0.0.1:9002',
          MODE: 'dev',
        },
        ready: { how: 'http', at: 'http://127.0.0.1:9001/healthz', timeoutMs: 20_000 },
      },
    ]);
  });

  it('declares everything but experiments', () => {
    expect(plan(MESH).documents.map((d) => d.kind)).toEqual(['Gateway', 'Service']);
  });

  it('does not ask for addresses of endpoints that it does not start', () => {
    expect(
      plan(MESH)
        .addresses.map((a) => a.address)
        .sort(),
    ).toEqual(['127.0.0.1:8080', '127.0.0.1:9001', '127.0.0.1:9002', '127.0.0.1:9900']);
  });

  it('names the document and the line when an address is asked for twice', () => {
    const [problem] = plan(MESH.replace('127.0.0.1:9002', '127.0.0.1:8080')).problems;
    expect(problem).toMatchObject({ file: 'deploy/mesh.yaml', line: 14, path: 'Service/shop v1' });
    expect(problem?.message).toContain('asked for by Gateway/edge already');
  });
});

import { expect, it } from 'vitest';
import type { CpuRow } from './cpu-section.ts';
import type { LatencyRow } from './latency-section.ts';
import { targetsOf } from './targets.ts';

function cpu(name: string, ratioToNginx: number, ratioToEnvoy: number): CpuRow {
  const rest = { cpuUsPerRequest: 1, perSecond: 1, rssMb: 80, failed: 0, roundsUs: '' };
  return { name, ratioToNginx, ratioToEnvoy, ...rest };
}

function latency(name: string, addedP50Ms: number, addedP99Ms: number): LatencyRow {
  const rest = { perSecond: 1, p50Ms: 1, p99Ms: 2, p999Ms: 3, cpuShare: 0, rssMb: '', failed: 0 };
  return { name, addedP50Ms, addedP99Ms, ...rest };
}

it('says of each target whether it was kept', () => {
  const sidecars = [latency('meshproof', 0.3, 1.5), latency('envoy', 0.3, 1.4)];
  const rows = targetsOf({ mtls: [cpu('nginx', 1, 0.5), cpu('meshproof', 2.3, 1)], sidecars });
  expect(rows.map(({ atMost, measured, kept }) => [atMost, measured, kept])).toEqual([
    [2.2, 2.3, false],
    [0.3, 0.3, true],
    [1.4, 1.5, false],
  ]);
});

it('leaves out a target whose peer was not measured', () => {
  const sections = { cpu: [cpu('meshproof', 1.4, NaN)], sidecars: [latency('meshproof', 0.1, 0.1)] };
  expect(targetsOf(sections).map(({ measured }) => measured)).toEqual([1.4]);
});

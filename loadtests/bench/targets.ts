/** What was promised, beside what was measured in the same run. Promises whose rows are missing are left out. */
import type { CpuRow } from './cpu-section.ts';
import type { LatencyRow } from './latency-section.ts';

export type Sections = {
  readonly cpu?: readonly CpuRow[];
  readonly memory?: readonly Pick<CpuRow, 'name' | 'rssMb'>[];
  readonly latency?: readonly LatencyRow[];
  readonly mtls?: readonly CpuRow[];
  readonly sidecars?: readonly LatencyRow[];
};
export type TargetRow = {
  readonly target: string;
  readonly atMost: number;
  readonly measured: number;
  readonly kept: boolean;
};

const OWN = 'meshproof';
const PEER = 'envoy';

export function targetsOf({ cpu, memory, latency, mtls, sidecars }: Sections): TargetRow[] {
  const own = <R extends { readonly name: string }>(rows: readonly R[] | undefined): R | undefined => rowOf(rows, OWN);
  const [ours, theirs] = [own(sidecars), rowOf(sidecars, PEER)];
  return [
    ...row('CPU per request, of nginx', 2, own(cpu)?.ratioToNginx),
    ...row('CPU per request, of Envoy', 0.5, own(cpu)?.ratioToEnvoy),
    ...row('CPU per request with mTLS upstream, of nginx', 2.2, own(mtls)?.ratioToNginx),
    ...row('memory at 1,000 connections, MB', 90, own(memory)?.rssMb),
    ...row('p99 at half of the maximum rate, ms', rowOf(latency, PEER)?.p99Ms, own(latency)?.p99Ms),
    ...row('p50 that two sidecars with mTLS add, ms', theirs?.addedP50Ms, ours?.addedP50Ms),
    ...row('p99 that two sidecars with mTLS add, ms', theirs?.addedP99Ms, ours?.addedP99Ms),
  ];
}

function rowOf<R extends { readonly name: string }>(rows: readonly R[] | undefined, wanted: string): R | undefined {
  return rows?.find(({ name }) => name === wanted);
}

/** A ratio to a peer that is not installed is NaN. */
function row(target: string, atMost: number | undefined, measured: number | undefined): TargetRow[] {
  if (atMost === undefined || measured === undefined || Number.isNaN(measured)) return [];
  return [{ target, atMost, measured, kept: measured <= atMost }];
}

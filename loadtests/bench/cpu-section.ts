/** CPU per request and throughput at full load: alternating rounds, the median counts. */
import { presentOf, withChain } from './chains.ts';
import type { Chain } from './chains.ts';
import { measure } from './programs.ts';
import type { Load, Measured } from './programs.ts';
import { medianOf, rounded } from './statistics.ts';

export type CpuRow = {
  readonly name: string;
  readonly cpuUsPerRequest: number;
  readonly perSecond: number;
  readonly ratioToNginx: number;
  readonly ratioToEnvoy: number;
  readonly rssMb: number;
  readonly failed: number;
  readonly roundsUs: string;
};

export async function measureCpu(
  chains: readonly Chain[],
  folder: string,
  upstreamPort: number,
  load: Load,
  rounds: number,
): Promise<CpuRow[]> {
  const results = new Map<string, Measured[]>();
  const present = presentOf(chains, folder);
  for (let round = 1; round <= rounds; round++) {
    for (const chain of present) {
      const measured = await withChain(chain, folder, upstreamPort, ({ pids, port }) => measure(pids, port, load));
      console.log(
        `round ${round} ${chain.name}: ${measured.cpuUs.toFixed(1)} µs, ${measured.perSecond.toFixed(0)} req/s`,
      );
      results.set(chain.name, [...(results.get(chain.name) ?? []), measured]);
    }
  }
  const cpuOf = (name: string): number => medianOf((results.get(name) ?? []).map((m) => m.cpuUs));
  return [...results].map(([name, all]) => ({
    name,
    cpuUsPerRequest: rounded(cpuOf(name), 1),
    perSecond: Math.round(medianOf(all.map((m) => m.perSecond))),
    ratioToNginx: rounded(cpuOf(name) / cpuOf('nginx'), 2),
    ratioToEnvoy: rounded(cpuOf(name) / cpuOf('envoy'), 2),
    rssMb: rounded(medianOf(all.map((m) => m.rssMb)), 1),
    failed: all.reduce((sum, m) => sum + m.failed, 0),
    roundsUs: all.map((m) => m.cpuUs.toFixed(1)).join(', '),
  }));
}

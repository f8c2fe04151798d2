/** Latency at a fixed rate, beside that of the bare upstream: what a chain adds. */
import { presentOf, withChain } from './chains.ts';
import type { Chain } from './chains.ts';
import { cpuOver, warmUp } from './programs.ts';
import { atRate } from './rate.ts';
import type { Rate } from './rate.ts';
import type { RateResult } from './rate-client.ts';
import { medianOf, rounded } from './statistics.ts';

const WARM_UP_AT_RATE_SECONDS = 10;

export type LatencyRow = {
  readonly name: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
  readonly cpuShare: number;
  readonly rssMb: string;
  readonly failed: number;
};

type Round = RateResult & { readonly cpuShare: number; readonly rssMb: readonly number[] };

export async function measureLatency(
  chains: readonly Chain[],
  folder: string,
  upstreamPort: number,
  rate: Rate,
  rounds: number,
): Promise<LatencyRow[]> {
  const direct: RateResult[] = [];
  const results = new Map<string, Round[]>();
  const present = presentOf(chains, folder);
  for (let round = 1; round <= rounds; round++) {
    direct.push(await atRate(upstreamPort, rate));
    for (const chain of present) {
      const measured = await withChain(chain, folder, upstreamPort, async ({ pids, port }) => {
        await warmUp(port, rate.connections);
        // The compiler optimises anew for this pace; that goes on for some seconds, on the core that is measured.
        await atRate(port, { ...rate, seconds: WARM_UP_AT_RATE_SECONDS });
        return cpuOver(pids, () => atRate(port, rate));
      });
      const row: Round = { ...measured.result, cpuShare: measured.cpuSeconds / rate.seconds, rssMb: measured.rssMb };
      console.log(`round ${round} ${chain.name}: p50 ${row.p50Ms.toFixed(2)} ms, p99 ${row.p99Ms.toFixed(2)} ms`);
      results.set(chain.name, [...(results.get(chain.name) ?? []), row]);
    }
  }
  const bare = { p50Ms: medianOf(direct.map((d) => d.p50Ms)), p99Ms: medianOf(direct.map((d) => d.p99Ms)) };
  return [...results].map(([name, all]) => {
    const median = (of: (round: Round) => number): number => rounded(medianOf(all.map(of)), 3);
    return {
      name,
      perSecond: Math.round(rate.perSecond),
      p50Ms: median((r) => r.p50Ms),
      p99Ms: median((r) => r.p99Ms),
      p999Ms: median((r) => r.p999Ms),
      addedP50Ms: median((r) => r.p50Ms - bare.p50Ms),
      addedP99Ms: median((r) => r.p99Ms - bare.p99Ms),
      cpuShare: median((r) => r.cpuShare),
      rssMb: (all.at(-1)?.rssMb ?? []).map((mb) => mb.toFixed(0)).join(' + '),
      failed: all.reduce((sum, r) => sum + r.failed, 0),
    };
  });
}

/**
 * `npm run bench`: Meshproof beside nginx, HAProxy, Envoy (MESHPROOF_ENVOY names one) and npm proxies, those that are
 * installed: same upstream, same load, pinned cores, alternating rounds. Prints tables, then one line of JSON. Linux.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inside } from './chains.ts';
import { measureCpu } from './cpu-section.ts';
import type { CpuRow } from './cpu-section.ts';
import { measureLatency } from './latency-section.ts';
import { PLAIN } from './line-up.ts';
import { freePort, has, start, stop } from './programs.ts';
import { upstream } from './subjects.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: ['cpu', 'memory', 'latency'] },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

async function main(): Promise<number> {
  const missing = ['nginx', 'wrk'].find((program) => !has(program));
  if (missing !== undefined) {
    console.error(`${missing} is not installed: the benchmarks need nginx (upstream and peer) and wrk (load)`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-bench-'));
  const upstreamPort = await freePort();
  const source = await start(upstream(inside(folder, 'upstream'), upstreamPort), upstreamPort, 'rest');
  try {
    const report = await sections(folder, upstreamPort);
    console.log(JSON.stringify({ settings: values, ...report }));
    return 0;
  } finally {
    await stop(source);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sections(folder: string, upstreamPort: number): Promise<Record<string, unknown>> {
  const report: Record<string, unknown> = {};
  const wants = (section: string): boolean => values.only.includes(section);
  const show = <T>(title: string, key: string, rows: readonly T[]): void => {
    console.log(`\n${title}`);
    console.table(rows);
    report[key] = rows;
  };
  let cpu: CpuRow[] = [];
  if (wants('cpu') || wants('latency')) {
    cpu = await measureCpu(PLAIN, folder, upstreamPort, { seconds, connections: 64 }, rounds);
    show('CPU per request, HTTP/1.1 keep-alive, 64 connections', 'cpu', cpu);
  }
  if (wants('memory')) {
    const rows = await measureCpu(PLAIN, folder, upstreamPort, { seconds, connections: 1_000 }, 1);
    show(
      'Memory at 1,000 connections',
      'memory',
      rows.map(({ name, rssMb, failed }) => ({ name, rssMb, failed })),
    );
  }
  if (wants('latency')) {
    const own = cpu.find(({ name }) => name === 'meshproof')?.perSecond ?? 0;
    const peer = cpu.find(({ name }) => name === 'envoy')?.perSecond ?? own;
    const rate = { perSecond: Math.min(own, peer) / 2, connections: 64, seconds };
    show(
      'At half of the slower maximum rate',
      'latency',
      await measureLatency(PLAIN, folder, upstreamPort, rate, rounds),
    );
  }
  return report;
}

process.exitCode = await main();

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
import { measureLatency } from './latency-section.ts';
import type { LatencyRow } from './latency-section.ts';
import { PLAIN } from './line-up.ts';
import { freePort, has, start, stop } from './programs.ts';
import { makeCertificates } from './certificates.ts';
import { mtlsUpstream, securedUpstream, sidecarPairs } from './secured.ts';
import type { Subject } from './subjects.ts';
import { upstream } from './subjects.ts';
import { targetsOf } from './targets.ts';
import type { Sections, TargetRow } from './targets.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: ['cpu', 'memory', 'latency', 'mtls', 'sidecars'] },
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
  try {
    const report = await sections(folder);
    console.log(JSON.stringify({ settings: values, ...report }));
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The sections that were asked for, then what was promised of them. */
async function sections(folder: string): Promise<Sections & { readonly targets: readonly TargetRow[] }> {
  const wants = (section: string): boolean => values.only.includes(section);
  let report: Sections = {};
  const isPlain = ['cpu', 'memory', 'latency', 'sidecars'].some(wants);
  if (isPlain) {
    await withUpstream(
      (port) => upstream(inside(folder, 'upstream'), port),
      async (port) => {
        report = await plainSections(folder, port, wants);
        if (wants('sidecars')) report = { ...report, sidecars: await sidecarSection(folder, port) };
      },
    );
  }
  if (wants('mtls')) {
    const certificates = await makeCertificates(inside(folder, 'certificates'));
    const make = (port: number): Subject => securedUpstream(certificates, inside(folder, 'secured-upstream'), port);
    await withUpstream(make, async (port) => {
      const rows = await measureCpu(mtlsUpstream(certificates), folder, port, { seconds, connections: 64 }, rounds);
      report = { ...report, mtls: shown('CPU per request with mTLS to the upstream, 64 connections', rows) };
    });
  }
  return { ...report, targets: shown('Targets', targetsOf(report)) };
}

async function plainSections(folder: string, port: number, wants: (section: string) => boolean): Promise<Sections> {
  let report: Sections = {};
  if (wants('cpu') || wants('latency')) {
    const cpu = await measureCpu(PLAIN, folder, port, { seconds, connections: 64 }, rounds);
    report = { cpu: shown('CPU per request, HTTP/1.1 keep-alive, 64 connections', cpu) };
  }
  if (wants('memory')) {
    const rows = await measureCpu(PLAIN, folder, port, { seconds, connections: 1_000 }, 1);
    const memory = rows.map(({ name, rssMb, failed }) => ({ name, rssMb, failed }));
    report = { ...report, memory: shown('Memory at 1,000 connections', memory) };
  }
  if (wants('latency')) {
    const maximum = (of: string): number | undefined => report.cpu?.find(({ name }) => name === of)?.perSecond;
    const own = maximum('meshproof') ?? 0;
    const rate = { perSecond: Math.min(own, maximum('envoy') ?? own) / 2, connections: 64, seconds };
    const latency = await measureLatency(PLAIN, folder, port, rate, rounds);
    report = { ...report, latency: shown('At half of the slower maximum rate', latency) };
  }
  return report;
}

async function sidecarSection(folder: string, port: number): Promise<readonly LatencyRow[]> {
  const pairs = sidecarPairs(await makeCertificates(inside(folder, 'mesh-certificates')));
  const rate = { perSecond: 1_000, connections: 16, seconds };
  const rows = await measureLatency(pairs, folder, port, rate, rounds);
  return shown('Two sidecars with mTLS between, 1,000 requests a second, 16 connections', rows);
}

async function withUpstream(make: (port: number) => Subject, use: (port: number) => Promise<void>): Promise<void> {
  const port = await freePort();
  const source = await start(make(port), port, 'rest');
  try {
    await use(port);
  } finally {
    await stop(source);
  }
}

function shown<T>(title: string, rows: readonly T[]): readonly T[] {
  console.log(`\n${title}`);
  console.table(rows);
  return rows;
}

process.exitCode = await main();

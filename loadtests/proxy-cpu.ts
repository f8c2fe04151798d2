/**
 * CPU per proxied request: Meshproof from files against nginx as a bare proxy, and against HAProxy and Envoy where they
 * are installed (MESHPROOF_ENVOY names another envoy). Same upstream, same load, alternating rounds; the median counts.
 * Exits 1 when Meshproof costs more than --max-ratio times nginx. Linux; needs nginx and wrk.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, has, measure, start, stop } from './cpu/bench.ts';
import type { Load, Measured } from './cpu/bench.ts';
import { envoy, haproxy, meshproof, nginxProxy, upstream } from './cpu/subjects.ts';
import type { Place, Subject } from './cpu/subjects.ts';

const { values } = parseArgs({
  options: {
    'max-ratio': { type: 'string', default: '2.5' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
  },
});

type Row = {
  readonly name: string;
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly ratioToNginx: number;
  readonly rssMb: number;
  readonly failed: number;
};

async function main(): Promise<number> {
  for (const program of ['nginx', 'wrk']) {
    if (has(program)) continue;
    console.error(`${program} is not installed: this measurement needs nginx and wrk`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-cpu-'));
  try {
    const rows = summarise(await measureAll(folder));
    console.table(rows.map((row) => ({ ...row })));
    console.log(JSON.stringify({ settings: values, rows }));
    return verdictOf(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(folder: string): Promise<Map<string, Measured[]>> {
  const upstreamPort = await freePort();
  const source = await start(upstream(inside(folder, 'upstream'), upstreamPort), upstreamPort, 'rest');
  const results = new Map<string, Measured[]>();
  const load: Load = { seconds: Number(values.seconds), connections: Number(values.connections) };
  const makers = [nginxProxy, meshproof, haproxy, envoy];
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const make of makers) {
        const place: Place = { folder: inside(folder, make.name), port: await freePort(), upstreamPort };
        const subject = make(place);
        if (!has(subject.command)) {
          if (round === 1) console.log(`${subject.name}: not installed, skipped`);
          continue;
        }
        const measured = await measureOne(subject, place.port, load);
        console.log(
          `round ${round} ${subject.name}: ${measured.cpuUs.toFixed(1)} µs, ${measured.perSecond.toFixed(0)} req/s`,
        );
        results.set(subject.name, [...(results.get(subject.name) ?? []), measured]);
      }
    }
  } finally {
    await stop(source);
  }
  return results;
}

async function measureOne(subject: Subject, port: number, load: Load): Promise<Measured> {
  const child = await start(subject, port, 'subject');
  try {
    return await measure(child.pid ?? 0, port, load);
  } finally {
    await stop(child);
  }
}

function inside(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function summarise(results: ReadonlyMap<string, readonly Measured[]>): Row[] {
  const median = (rounds: readonly Measured[], of: (m: Measured) => number): number =>
    rounds.map(of).sort((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? NaN;
  const base = median(results.get('nginx') ?? [], (m) => m.cpuUs);
  return [...results].map(([name, rounds]) => {
    const cpuUs = median(rounds, (m) => m.cpuUs);
    return {
      name,
      cpuUsPerRequest: rounded(cpuUs, 1),
      requestsPerSecond: Math.round(median(rounds, (m) => m.perSecond)),
      ratioToNginx: rounded(cpuUs / base, 2),
      rssMb: rounded(
        median(rounds, (m) => m.rssMb),
        1,
      ),
      failed: rounds.reduce((sum, m) => sum + m.failed, 0),
    };
  });
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function verdictOf(rows: readonly Row[]): number {
  const own = rows.find((row) => row.name === 'meshproof');
  const limit = Number(values['max-ratio']);
  if (!own || own.failed > 0) {
    console.error(`meshproof failed ${own?.failed ?? 'all'} requests`);
    return 1;
  }
  if (own.ratioToNginx <= limit) return 0;
  console.error(`meshproof costs ${own.ratioToNginx} times nginx; the limit is ${limit}`);
  return 1;
}

process.exitCode = await main();

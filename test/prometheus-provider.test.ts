/** The Prometheus provider, and series recorded from it, against a real Prometheus. Skipped where there is none. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSeries } from '../cli/series/series-file.ts';
import { Provider } from '../contracts/check.ts';
import { measure } from '../control/metrics/measure.ts';
import { freePort } from './free-port.ts';

const installed = spawnSync('prometheus', ['--version']).status === 0;
if (!installed) console.log('skipped: there is no prometheus here (Debian package: prometheus)');

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  for (const end = performance.now() + 60_000; ;) {
    const answer = await ask();
    if (good(answer) || performance.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe.skipIf(!installed)('with a real Prometheus', { timeout: 120_000 }, () => {
  const metrics = createServer((_request, response) => {
    response.end('error_ratio{version="v1"} 0.01\nerror_ratio{version="v2"} 0.25\n');
  });
  let folder = '';
  let address = '';
  let prometheus: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const target = `127.0.0.1:${await portOf(metrics)}`;
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [target] }] }],
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const listen = `127.0.0.1:${await freePort()}`;
    address = `http://${listen}`;
    const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    prometheus = spawn('prometheus', [...args, `--web.listen-address=${listen}`], { stdio: 'ignore' });
  }, 60_000);

  afterAll(async () => {
    const child = prometheus;
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    metrics.closeAllConnections();
    metrics.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (query: string) =>
    measure(Provider.parse({ prometheus: { address, query }, allowPrivate: true }), { candidate: 'v2' });

  it('reads the figure of the candidate', async () => {
    const found = await until(
      () => ask('error_ratio{version="{{candidate}}"}'),
      ({ value }) => value !== null,
    );
    expect(found).toEqual({ value: 0.25, why: '' });
  });

  it('has no data where the query finds nothing, finds too much, or is wrong', async () => {
    await until(
      () => ask('error_ratio{version="v1"}'),
      ({ value }) => value !== null,
    );
    expect((await ask('error_ratio{version="v3"}')).why).toContain('found 0 series');
    expect((await ask('error_ratio')).why).toContain('found 2 series');
    expect((await ask('rate(')).why).toContain('answered 400');
  });

  it('records ranges that analyze reads', async () => {
    const range = async (): Promise<string> => {
      const now = Math.floor(performance.timeOrigin + performance.now()) / 1_000;
      const query = `query=error_ratio&start=${now - 10}&end=${now}&step=1`;
      const answer = await fetch(`${address}/api/v1/query_range?${query}`).catch(() => undefined);
      return (await answer?.text()) ?? '';
    };
    const text = await until(range, (body) => body.includes('"v2"'));
    const series = readSeries('range.json', text, 'baseline', undefined);
    const names = [...series.keys()].map((name) => /version="(v\d)"/.exec(name)?.[1]);
    expect(names).toEqual(['v1', 'v2']);
    expect([...series.values()].map((values) => values[0])).toEqual([0.01, 0.25]);
  });
});

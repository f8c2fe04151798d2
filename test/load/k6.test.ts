/** The k6 scripts of loadtests/k6, each for a few seconds against a real gateway: they run, and their thresholds bite. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canRun, programOf, runToEnd } from '../interop/go-programs.ts';
import { openGateway, overlay } from '../proxy/gateway.ts';

const SCRIPTS = join(resolve(import.meta.dirname, '../..'), 'loadtests/k6');
const THRESHOLDS_CROSSED = 99;
/** The latency limits are for a machine of one's own; this one may be busy with other tests. */
const PATIENT = { SLOW_MS: '60000', DRIFT: '1000000' };
const SCRIPTS_AND_SCALES = [
  ['steady.js', '0.03'],
  ['spike.js', '0.05'],
  ['slow-client.js', '0.03'],
  ['soak.js', '0.0004'],
  ['canary.js', '0.03'],
] as const;

type AtEnd = (undo: () => Promise<void>) => void;
/** An endpoint that answers after so long, and with this status. */
type Answer = { readonly status?: number; readonly delayMs?: () => number };

async function endpoint({ status = 200, delayMs }: Answer, atEnd: AtEnd): Promise<number> {
  const server = createServer((_, response) => {
    const answer = (): void => void response.writeHead(status).end('fine');
    if (delayMs) setTimeout(answer, delayMs());
    else answer();
  });
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return (server.address() as AddressInfo).port;
}

/** @param canary - a version beside it that gets a third of the requests */
async function target(stable: Answer, atEnd: AtEnd, canary?: Answer & { shield: boolean }): Promise<string> {
  const versions = {
    v1: [await endpoint(stable, atEnd)],
    ...(canary ? { v2: [await endpoint(canary, atEnd)] } : {}),
  };
  const gateway = await openGateway({ versions });
  atEnd(gateway.close);
  if (canary)
    gateway.dataplane.setOverlays([overlay({ candidatePpm: 333_333, shield: canary.shield, leaseMs: 60_000 })]);
  return `http://127.0.0.1:${gateway.port}`;
}

function runScript(script: string, url: string, scale: string, more = {}): ReturnType<typeof runToEnd> {
  const settings = { TARGET: url, SCALE: scale, RATE: '20', IDLERS: '20', ...PATIENT, ...more };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${String(value)}`]);
  return runToEnd(programOf('k6'), ['run', '--quiet', '--no-usage-report', ...args, join(SCRIPTS, script)], 80_000);
}

describe.skipIf(!canRun('k6'))('k6', { timeout: 90_000, concurrent: true }, () => {
  it.for(SCRIPTS_AND_SCALES)('%s passes against a gateway that is well', async ([script, scale], test) => {
    const { code, output } = await runScript(script, await target({}, test.onTestFinished), scale);
    expect(output).not.toMatch(/thresholds on metrics .* have been crossed/);
    expect(code).toBe(0);
  });

  it.for(SCRIPTS_AND_SCALES)('%s fails when requests fail', async ([script], test) => {
    const { code, output } = await runScript(script, await target({ status: 500 }, test.onTestFinished), '0.0001');
    expect(output).toMatch(/thresholds on metrics .* have been crossed/);
    expect(code).toBe(THRESHOLDS_CROSSED);
  });

  it.for([
    ['passes with the shield on', true, 0],
    ['fails with the shield off', false, THRESHOLDS_CROSSED],
  ] as const)('canary.js %s, under a canary that always fails', async ([_what, shield, expected], test) => {
    const url = await target({}, test.onTestFinished, { status: 500, shield });
    expect((await runScript('canary.js', url, '0.03')).code).toBe(expected);
  });

  it('spike.js fails on a 503 that is not marked as shed', async (test) => {
    const { code, output } = await runScript('spike.js', await target({ status: 503 }, test.onTestFinished), '0.0001');
    expect(output).toContain('shed_without_code');
    expect(code).toBe(THRESHOLDS_CROSSED);
  });

  it('soak.js fails when the end is slower than the beginning', async (test) => {
    // The looks before the load are quick, and so are its first seconds.
    let answered = 0;
    const delayMs = (): number => (++answered > 130 ? 1_500 : 0);
    const url = await target({ delayMs }, test.onTestFinished);
    const { code, output } = await runScript('soak.js', url, '0.0005', { DRIFT: '2', RATE: '30' });
    expect(output).toContain('slower_at_the_end');
    expect(code).toBe(THRESHOLDS_CROSSED);
  });
});

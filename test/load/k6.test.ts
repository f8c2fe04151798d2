/** The k6 scripts of loadtests/k6, each for a few seconds against a real gateway: they run, and their thresholds bite. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openGateway } from '../proxy/gateway.ts';
import { canRun, programOf, runToEnd } from '../interop/go-programs.ts';

const SCRIPTS = join(resolve(import.meta.dirname, '../..'), 'loadtests/k6');

async function target(status: number): Promise<string> {
  const upstream = createServer((_, response) => response.writeHead(status).end('fine'));
  await new Promise<void>((open) => upstream.listen(0, '127.0.0.1', open));
  const { port } = upstream.address() as AddressInfo;
  const gateway = await openGateway({ versions: { v1: [port] } });
  onTestFinished(async () => {
    await gateway.close();
    upstream.closeAllConnections();
    upstream.close();
  });
  return `http://127.0.0.1:${gateway.port}`;
}

/** The latency limits are for a machine of one's own; this one may be busy with other tests. */
function runScript(script: string, url: string, scale: string): ReturnType<typeof runToEnd> {
  const settings = { TARGET: url, SCALE: scale, RATE: '20', IDLERS: '20', SLOW_MS: '60000' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return runToEnd(programOf('k6'), ['run', '--quiet', '--no-usage-report', ...args, join(SCRIPTS, script)], 60_000);
}

describe.skipIf(!canRun('k6'))('k6', { timeout: 90_000 }, () => {
  it.each([
    ['steady.js', '0.05'],
    ['spike.js', '0.05'],
    ['slow-client.js', '0.05'],
    ['soak.js', '0.0004'],
    ['canary.js', '0.03'],
  ])('%s passes against a gateway that is well', async (script, scale) => {
    const { code, output } = await runScript(script, await target(200), scale);
    expect(output).not.toMatch(/thresholds on metrics .* have been crossed/);
    expect(code).toBe(0);
  });

  it('fails when users see errors', async () => {
    const { code, output } = await runScript('canary.js', await target(500), '0.01');
    expect(output).toContain('user_visible_errors');
    expect(code).toBe(99);
  });
});

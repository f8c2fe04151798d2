/** h2spec against a listener of ours: which of its cases fail, beside those that are known to. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from './go-programs.ts';
import { openGatewayTo, openPlainEndpoint } from './mesh.ts';

/** What a bare node:http2 server fails as well, or what follows from one port for both versions; docs/protocols.md says why. */
export const KNOWN_FAILURES: ReadonlySet<string> = new Set([
  'http2/3.5: Sends invalid connection preface',
  'http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame',
  'http2/5.1: closed: Sends a HEADERS frame after sending RST_STREAM frame',
  'http2/5.1: closed: Sends a DATA frame',
  'http2/5.1: closed: Sends a HEADERS frame',
  'http2/5.1.1: Sends stream identifier that is numerically smaller than previous',
  'http2/6.7: Sends a PING frame with ACK',
  'http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1',
]);

export type H2specResult = { readonly total: number; readonly failed: readonly string[]; readonly output: string };

/** @param program - the binary of h2spec */
export async function runH2spec(program: string): Promise<H2specResult> {
  const endpoint = await openPlainEndpoint();
  const gateway = await openGatewayTo(endpoint.port, 'http1');
  const scratch = await mkdtemp(join(tmpdir(), 'meshproof-h2spec-'));
  try {
    const report = join(scratch, 'report.xml');
    const { output } = await runToEnd(program, ['-p', String(gateway.port), '-j', report], 180_000);
    return { ...readReport(await readFile(report, 'utf8')), output };
  } finally {
    await rm(scratch, { recursive: true });
    await gateway.close();
    endpoint.server.close();
  }
}

/** JUnit's XML as h2spec writes it: one `testcase` each, with a `failure` or an `error` inside. */
export function readReport(xml: string): { readonly total: number; readonly failed: readonly string[] } {
  const cases = [...xml.matchAll(/<testcase ([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)];
  const failed = cases
    .filter(([, , , inside = '']) => /<(failure|error)\b/.test(inside))
    .map(([, attributes = '']) => `${attribute(attributes, 'package')}: ${attribute(attributes, 'classname')}`);
  return { total: cases.length, failed };
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  return value
    .replace(/&#34;|&quot;/g, '"')
    .replace(/&gt;/g, '>')
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&');
}

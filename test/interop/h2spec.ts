/** h2spec against a listener of ours, and against a bare server of node:http2 in the same run. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from './go-programs.ts';
import { openBareHttp2, openGatewayTo, openPlainEndpoint } from './mesh.ts';

/** What follows from one port for both versions of HTTP: ours alone fails it; docs/protocols.md says why. */
const OURS_ALONE: ReadonlySet<string> = new Set(['http2/3.5: Sends invalid connection preface']);

type Report = { readonly total: number; readonly failed: readonly string[] };
export type H2specResult = {
  readonly ours: Report;
  /** A server of node:http2 with nothing around it, in the same version of Node.js: what can be had. */
  readonly bare: Report;
  /** Failures of ours that neither the bare server has nor the documentation explains. */
  readonly unexplained: readonly string[];
};

/** @param program - the binary of h2spec */
export async function compareByH2spec(program: string): Promise<H2specResult> {
  const bareServer = await openBareHttp2();
  const endpoint = await openPlainEndpoint();
  const gateway = await openGatewayTo(endpoint.port, 'http1');
  try {
    const ours = await runH2spec(program, gateway.port);
    const bare = await runH2spec(program, bareServer.port);
    const unexplained = ours.failed.filter((name) => !bare.failed.includes(name) && !OURS_ALONE.has(name));
    return { ours, bare, unexplained };
  } finally {
    await gateway.close();
    endpoint.server.close();
    bareServer.server.close();
  }
}

async function runH2spec(program: string, port: number): Promise<Report> {
  const scratch = await mkdtemp(join(tmpdir(), 'meshproof-h2spec-'));
  try {
    const path = join(scratch, 'report.xml');
    const { output } = await runToEnd(program, ['-p', String(port), '-j', path], 180_000);
    const report = readReport(await readFile(path, 'utf8'));
    if (report.total === 0) throw new Error(`h2spec ran no case:\n${output}`);
    return report;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** JUnit's XML as h2spec writes it: one `testcase` each, with a `failure` or an `error` inside. */
export function readReport(xml: string): Report {
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

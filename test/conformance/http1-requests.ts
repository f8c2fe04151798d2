/**
 * Raw HTTP/1.1 requests through a real gateway on a real socket: what must be refused never reaches the upstream, the
 * upstream never sees more requests than there were, and what is valid is forwarded unharmed.
 */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gatewayTo, portOf } from './gateway.ts';
import { RecordingUpstream } from './recording-upstream.ts';
import type { Seen } from './recording-upstream.ts';
import type { ConformanceResult } from './result.ts';

const FILE = 'http1-requests.json';

type Case = {
  readonly id: string;
  readonly wire_b64: string;
  readonly expect: string;
  readonly level?: string;
  readonly max_requests_forwarded: number;
  readonly ref_requests?: readonly {
    readonly method: string;
    readonly target: string;
    readonly body?: string;
    readonly body_len?: number;
  }[];
};

type Observed = { readonly answer: string; readonly bytes: number; readonly requests: readonly Seen[] };

export async function run(casesDir: string): Promise<ConformanceResult> {
  const { cases } = JSON.parse(await readFile(join(casesDir, FILE), 'utf8')) as { cases: readonly Case[] };
  const upstream = new RecordingUpstream();
  const upstreamPort = await upstream.listen();
  const dataplane = await gatewayTo(upstreamPort);
  const port = portOf(dataplane);
  const failures: string[] = [];
  for (const test of cases) {
    const answer = await exchange(port, Buffer.from(test.wire_b64, 'base64'));
    const seen = upstream.take();
    upstream.dropConnections();
    const problem = judge(test, { answer, ...seen });
    if (problem !== undefined)
      failures.push(`${test.id}: ${problem}; answered ${JSON.stringify(answer.split('\r\n')[0])}`);
  }
  upstream.close();
  await dataplane.drain(0);
  return { file: FILE, passed: cases.length - failures.length, total: cases.length, failures };
}

/** Sends the bytes and reads until the proxy closes, or has been quiet for a while. */
function exchange(port: number, wire: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    let quiet: NodeJS.Timeout;
    const socket = connect(port, '127.0.0.1', () => socket.write(wire));
    const done = (): void => {
      clearTimeout(quiet);
      socket.destroy();
      resolve(answer);
    };
    quiet = setTimeout(done, 400);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      clearTimeout(quiet);
      quiet = setTimeout(done, 40);
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

/** @returns what is wrong, or undefined */
function judge(test: Case, { answer, bytes, requests }: Observed): string | undefined {
  if (requests.length > test.max_requests_forwarded) {
    return `the upstream saw ${requests.length} requests, at most ${test.max_requests_forwarded} are allowed`;
  }
  const refused = /^HTTP\/1\.1 [45]\d\d /.test(answer);
  switch (test.expect) {
    case 'reject':
      if (test.level === 'MUST' && bytes > 0) return `${bytes} bytes reached the upstream, none may`;
      return refused || answer === '' ? undefined : 'expected to be refused';
    case 'incomplete':
    case 'reject_or_incomplete':
      return refused || answer === '' ? undefined : 'expected no answer, or to be refused';
    case 'either':
      return undefined;
    default:
      return judgeForwarded(test, answer, requests);
  }
}

function judgeForwarded(test: Case, answer: string, requests: readonly Seen[]): string | undefined {
  if (!answer.startsWith('HTTP/1.1 200')) return 'expected to be forwarded and answered';
  for (const [i, wanted] of (test.ref_requests ?? []).slice(0, test.max_requests_forwarded).entries()) {
    const seen = requests[i];
    if (!seen) return `request ${i + 1} did not arrive`;
    if (seen.method !== wanted.method) return `method ${seen.method} arrived, ${wanted.method} was sent`;
    if (wanted.body !== undefined && wanted.method !== 'CONNECT' && seen.body !== wanted.body)
      return `body ${JSON.stringify(seen.body)} arrived, ${JSON.stringify(wanted.body)} was sent`;
  }
  return undefined;
}

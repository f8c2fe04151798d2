/**
 * Raw answers of an upstream to a GET through a real gateway: what is valid reaches the client as a valid response; what
 * is not is answered 502 or broken off, and never reaches the client in a form that two readers could read in two ways.
 */
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { gatewayTo, portOf } from './gateway.ts';
import type { ConformanceResult } from './result.ts';

const FILE = 'http1-responses.json';

type Case = {
  readonly id: string;
  readonly title?: string;
  readonly type: string;
  readonly raw_b64: string;
  /** `accept`, or `reject: why`, of a parser that reads a whole stream of responses. */
  readonly llhttp: string;
};

type Observed = { readonly text: string; readonly ending: 'open' | 'closed' | 'reset' };
type Reading = 'complete' | 'refused' | 'broken';

/** Where our reading is stricter than that of a lenient parser, and why: 502 passes for these. */
const STRICTER: readonly { readonly why: string; readonly applies: (head: string, raw: string) => boolean }[] = [
  {
    why: 'more than one Transfer-Encoding, or one that is not exactly chunked (RFC 9112 6.1, 7): its end is unknown to us',
    applies: (head) => fields(head, 'transfer-encoding').some((v, i) => i > 0 || v.toLowerCase() !== 'chunked'),
  },
  {
    why: 'Transfer-Encoding together with Content-Length (RFC 9112 6.3(3)): a sign of response splitting',
    applies: (head) => fields(head, 'transfer-encoding').length > 0 && fields(head, 'content-length').length > 0,
  },
  {
    why: 'Transfer-Encoding in an HTTP/1.0 answer (RFC 9112 6.1): faulty framing',
    applies: (head) => head.startsWith('HTTP/1.0') && fields(head, 'transfer-encoding').length > 0,
  },
  {
    why: 'Content-Length repeated, even with one value (RFC 9112 6.3(5) allows to refuse it)',
    applies: (head) =>
      fields(head, 'content-length').length > 1 || fields(head, 'content-length').some((v) => v.includes(',')),
  },
  { why: 'obsolete line folding (RFC 9112 5.2 allows 502)', applies: (head) => /\r\n[ \t]/.test(head) },
  { why: 'white space before a colon (RFC 9112 5.1)', applies: (head) => /\r\n[!-9;-~]+[ \t]+:/.test(head) },
  {
    why: '101 that was not asked for (RFC 9110 7.8)',
    applies: (head) => / 101(\s|$)/.test(head.split('\r\n')[0] ?? ''),
  },
  { why: 'an empty line before the status line', applies: (_, raw) => raw.startsWith('\r\n') },
  { why: 'a version other than HTTP/1.0 and HTTP/1.1', applies: (_, raw) => !/^HTTP\/1\.[01] /.test(raw) },
  { why: 'a status outside 100 to 599', applies: (_, raw) => !/^HTTP\/1\.[01] [1-5]\d\d[ \r]/.test(raw) },
  {
    why: 'a line that does not end in CRLF',
    applies: (_, raw) => /[^\r]\n|\r[^\n]/.test(raw.split('\r\n\r\n')[0] ?? ''),
  },
];

export async function run(casesDir: string): Promise<ConformanceResult> {
  const { cases } = JSON.parse(await readFile(join(casesDir, FILE), 'utf8')) as { cases: readonly Case[] };
  const upstream = new RawUpstream();
  const dataplane = await gatewayTo(await upstream.listen());
  const port = portOf(dataplane);
  const failures: string[] = [];
  for (const test of cases) {
    const raw = Buffer.from(test.raw_b64, 'base64');
    upstream.answer = raw;
    const problem = judge(test, raw.toString('latin1'), await askOnce(port));
    if (problem !== undefined) failures.push(`${test.id} (${test.title ?? test.type}): ${problem}`);
  }
  upstream.close();
  await dataplane.drain(0);
  return { file: FILE, passed: cases.length - failures.length, total: cases.length, failures };
}

/** @returns what is wrong, or undefined */
function judge(test: Case, raw: string, seen: Observed): string | undefined {
  const got = read(seen);
  if (typeof got !== 'string') return `${got.problem}; the client got ${JSON.stringify(seen.text.slice(0, 120))}`;
  const first = firstResponse(raw);
  if (test.llhttp.startsWith('reject')) {
    // Bytes behind a complete answer are no part of it: the answer may pass, they may not.
    if (got === 'complete') return first === undefined ? 'expected 502 or a broken connection' : sameAs(seen, first);
    return undefined;
  }
  if (test.type.startsWith('response-lenient'))
    return got === 'complete' && first === undefined ? 'passed on as it was' : undefined;
  if (got === 'complete') return first === undefined ? undefined : sameAs(seen, first);
  const head = `${raw.split('\r\n\r\n')[0] ?? ''}\r\n`;
  if (got === 'refused') {
    return STRICTER.some((rule) => rule.applies(head, raw)) ? undefined : `refused with ${seen.text.split('\r\n')[0]}`;
  }
  return first === undefined ? undefined : 'broken off, though the answer was complete';
}

function sameAs(seen: Observed, first: { readonly status: string; readonly body: string }): string | undefined {
  const got = firstResponse(seen.text);
  if (got?.status !== first.status) return `status ${got?.status} came, ${first.status} was sent`;
  return got.body === first.body
    ? undefined
    : `body ${JSON.stringify(got.body)} came, ${JSON.stringify(first.body)} was sent`;
}

/** What the client has: interim answers, then exactly one response and nothing behind it, our own refusal, or a broken connection. */
function read({ text, ending }: Observed): Reading | { readonly problem: string } {
  if (text === '') return ending === 'open' ? { problem: 'no answer at all' } : 'broken';
  const response = firstResponse(text, ending === 'closed');
  if (response === undefined) {
    return ending === 'open' ? { problem: 'an answer without an end on an open connection' } : 'broken';
  }
  if (response.rest !== '') return { problem: 'bytes behind the answer' };
  return /\r\nx-meshproof-error: /i.test(text) ? 'refused' : 'complete';
}

type First = { readonly status: string; readonly body: string; readonly rest: string };

/**
 * The first response of a text by the letter of RFC 9112, or undefined when it has none that is complete and strictly
 * well-formed. Written for this file alone: it shares nothing with the proxy's codec.
 */
function firstResponse(text: string, ended = true): First | undefined {
  const head =
    /^HTTP\/1\.[01] ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*)*)\r\n\r\n/.exec(
      text,
    );
  if (!head) return undefined;
  const status = head[1] ?? '';
  const rest = text.slice(head[0].length);
  if (status.startsWith('1') && status !== '101') return firstResponse(rest, ended);
  if (status === '204' || status === '304') return { status, body: '', rest };
  const codings = fields(head[0], 'transfer-encoding');
  const lengths = fields(head[0], 'content-length');
  if (codings.length + lengths.length > 1) return undefined;
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== 'chunked') return undefined;
    const chunked = unchunk(rest);
    return chunked && { status, ...chunked };
  }
  if (lengths.length === 0) return ended ? { status, body: rest, rest: '' } : undefined;
  if (!/^\d+$/.test(lengths[0] ?? '')) return undefined;
  const length = Number(lengths[0]);
  return rest.length < length ? undefined : { status, body: rest.slice(0, length), rest: rest.slice(length) };
}

const CHUNK =
  /^([0-9A-Fa-f]{1,8})((?:;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\\r\n]|\\.)*"))?)*)\r\n/;

function unchunk(text: string): { readonly body: string; readonly rest: string } | undefined {
  let body = '';
  let rest = text;
  for (;;) {
    const line = CHUNK.exec(rest);
    if (!line) return undefined;
    const size = parseInt(line[1] ?? '', 16);
    rest = rest.slice(line[0].length);
    if (size === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
      return trailers ? { body, rest: rest.slice(trailers[0].length) } : undefined;
    }
    if (rest.slice(size, size + 2) !== '\r\n') return undefined;
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

function fields(head: string, name: string): string[] {
  return [...head.matchAll(/\r\n([^:\r\n]+):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)/g)]
    .filter(([, found]) => found?.toLowerCase() === name)
    .map(([, , value]) => value ?? '');
}

/** Sends the case's bytes to whoever asks, and closes: an answer that lasts until then is complete. */
class RawUpstream {
  answer = Buffer.alloc(0);
  readonly #server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(this.answer));
  });

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): void {
    this.#server.close();
  }
}

/** One GET on a connection of its own, read until it ends or has been quiet for a while. */
function askOnce(port: number): Promise<Observed> {
  return new Promise((resolve) => {
    let text = '';
    let quiet: NodeJS.Timeout;
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: cases\r\n\r\n'));
    const done = (ending: Observed['ending']): void => {
      clearTimeout(quiet);
      socket.destroy();
      resolve({ text, ending });
    };
    quiet = setTimeout(() => done('open'), 1_000);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      clearTimeout(quiet);
      quiet = setTimeout(() => done('open'), 60);
    });
    socket.on('end', () => done('closed'));
    socket.on('error', () => done('reset'));
  });
}

/** One POST, with everything bounded: time, size, addresses. Redirects are not followed. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { guardedLookup, refusalOf } from './address-guard.ts';

export type PostOptions = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
};

export type Posted = {
  readonly status: number;
  /** The beginning of the answer. */
  readonly text: string;
  /** What Retry-After asks for in seconds; null without it. */
  readonly retryAfterMs: number | null;
};

/** Of an answer, more than this is not read. */
const MAX_CHARS = 4_096;

/** @throws Error with a sentence that names the host and never the rest of the URL, which may be a secret */
export function post(url: URL, { headers, body, timeoutMs, allowPrivate, signal }: PostOptions): Promise<Posted> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) ? refusalOf(host, allowPrivate) : undefined;
  if (refusal !== undefined) return Promise.reject(new Error(refusal));
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const timeUp = AbortSignal.timeout(timeoutMs);
    const fail = (error: Error): void => {
      reject(timeUp.aborted ? new Error(`${url.host} did not answer within ${timeoutMs} ms`) : plain(error, url));
    };
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: guardedLookup(allowPrivate),
      signal: AbortSignal.any([timeUp, signal]),
      agent: false as const,
    };
    const sent = request(url, options, (response) => {
      let text = '';
      const done = (): void => resolve({ status: response.statusCode ?? 0, text, retryAfterMs: retryAfter(response) });
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text = `${text}${chunk}`.slice(0, MAX_CHARS);
        if (text.length === MAX_CHARS) {
          done();
          sent.destroy();
        }
      });
      response.on('end', done);
      response.on('error', fail);
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

/** Messages of Node name addresses and hosts; anything else may carry parts of the URL. */
function plain(error: NodeJS.ErrnoException, url: URL): Error {
  if (error.code === undefined) return error;
  return new Error(`${url.host} cannot be reached (${error.code})`, { cause: error });
}

function retryAfter({ headers }: IncomingMessage): number | null {
  const seconds = Number(headers['retry-after']);
  return headers['retry-after'] !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}

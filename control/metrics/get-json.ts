/** One GET for JSON, with everything bounded: time, size, addresses; redirects are not followed. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { guardedLookup, refusalOf } from '../outgoing/address-guard.ts';

export type GetOptions = { readonly allowPrivate: boolean; readonly headers?: Readonly<Record<string, string>> };

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** @throws Error with a sentence for people: refused address, time-out, status, size, or not JSON */
export async function getJson(text: string, { allowPrivate, headers }: GetOptions): Promise<unknown> {
  if (!URL.canParse(text)) throw new Error(`"${text}" is not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is not asked`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) ? refusalOf(host, allowPrivate) : undefined;
  if (refusal !== undefined) throw new Error(refusal);
  const body = await get(url, allowPrivate, headers ?? {});
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw new Error(`${url.host} did not answer with JSON`, { cause: error });
  }
}

function get(url: URL, allowPrivate: boolean, headers: Readonly<Record<string, string>>): Promise<string> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const fail = (error: Error): void => {
      reject(signal.aborted ? new Error(`${url.host} did not answer within ${TIMEOUT_MS / 1_000} s`) : error);
    };
    const options = {
      headers: { accept: 'application/json', ...headers },
      lookup: guardedLookup(allowPrivate),
      signal,
    };
    const sent = request(url, { ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) sent.destroy(new Error(`${url.host} answered with more than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`${url.host} answered ${response.statusCode}`));
      });
    });
    sent.on('error', fail);
    sent.end();
  });
}

/** Sends one message to a receiver of a document: its URL and headers with the secrets that they name, signed. */
import type { Receiver } from '../../contracts/receiver.ts';
import { post } from './post.ts';
import type { Posted } from './post.ts';
import type { Secrets } from './secrets.ts';
import { sign } from './signature.ts';

export type Message = {
  /** The same for every attempt, so that a receiver can tell one that comes twice. */
  readonly id: string;
  readonly contentType: string;
  readonly body: string;
};

export type Sending = {
  readonly secrets: Secrets;
  readonly wallClock: () => Date;
  readonly signal: AbortSignal;
};

/** @throws Error with a sentence without secrets: a secret is missing, the address is refused, no answer, no connection */
export async function send(receiver: Receiver, message: Message, sending: Sending): Promise<Posted> {
  const { secrets, wallClock, signal } = sending;
  const used: string[] = [];
  const reveal = async (name: string): Promise<string> => {
    const value = await secrets.read(name);
    used.push(value);
    return value;
  };
  try {
    const url = await urlOf(receiver, reveal);
    const headers = await headersOf(receiver, reveal);
    const secret = receiver.signingSecret === undefined ? undefined : await reveal(receiver.signingSecret);
    const posted = await post(url, {
      headers: {
        ...headers,
        'content-type': message.contentType,
        'user-agent': 'meshproof',
        ...sign(message.id, wallClock().getTime(), message.body, secret),
      },
      body: message.body,
      timeoutMs: receiver.timeout,
      allowPrivate: receiver.allowPrivate,
      signal,
    });
    return { ...posted, text: without(used, posted.text) };
  } catch (error) {
    throw new Error(without(used, error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

async function urlOf({ url, urlSecret }: Receiver, reveal: (name: string) => Promise<string>): Promise<URL> {
  const text = url ?? (await reveal(urlSecret ?? ''));
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') return parsed;
  throw new Error(urlSecret === undefined ? `"${text}" is not a URL` : `the secret "${urlSecret}" is not a URL`);
}

async function headersOf(
  { headers = {} }: Receiver,
  reveal: (name: string) => Promise<string>,
): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    all[name.toLowerCase()] = typeof value === 'string' ? value : await reveal(value.secret);
  return all;
}

/** A receiver may echo what it was sent. */
function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '(secret)'), text);
}

/** The first line of an answer, as far as it can be shown. */
export function sentenceOf(text: string): string {
  const [line = ''] = text.trim().split('\n');
  // eslint-disable-next-line no-control-regex
  return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, 200);
}

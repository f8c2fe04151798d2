/**
 * Who is told or asked over HTTP by the control plane. Documents are stored and shown, so that they only name secrets:
 * the control plane reads them from files or its environment, at the moment of sending.
 */
import { z } from 'zod';
import { Duration, Name } from './units.ts';

export const SecretName = Name.meta({
  description: 'A secret of the control plane: the file of this name in --secrets, or MESHPROOF_SECRET_NAME',
});

/** Header names whose values are secrets more often than not. */
const SENSITIVE = /authorization|cookie|token|secret|password|api-?key/i;
/** What the sender sets itself, or what frames the message. */
const RESERVED = /^(host|content-length|content-type|transfer-encoding|connection|webhook-.*)$/i;

const HeaderValue = z.union([
  z.string().regex(/^[\t\x20-\x7e]*$/, 'a header value is one line of visible characters'),
  z.strictObject({ secret: SecretName }),
]);

const Headers = z
  .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'that is no name of a header'), HeaderValue)
  .superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const problem = (message: string): void => context.addIssue({ code: 'custom', path: [name], message });
      if (RESERVED.test(name)) problem(`${name} is set by the sender`);
      else if (typeof value === 'string' && SENSITIVE.test(name))
        problem(`${name} looks like a secret, and documents are shown to people; write {secret: NAME}`);
    }
  })
  .meta({ description: 'Further headers: a text, or {secret: NAME}' });

const ReceiverUrl = z.string().superRefine((text, context) => {
  const problem = (message: string): void => context.addIssue({ code: 'custom', message });
  if (!URL.canParse(text)) return problem('write a URL: https://host/path');
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return problem('write a URL: https://host/path');
  if (username !== '' || password !== '')
    problem(
      'no user or password in the URL: documents are shown to people; use headers: {authorization: {secret: NAME}}',
    );
});

/** The keys that a webhook and a notification share. Their objects need `receiverIssues` too. */
export const RECEIVER_KEYS = {
  url: ReceiverUrl.optional().meta({ description: 'Takes a POST with JSON' }),
  urlSecret: SecretName.optional().meta({
    description: 'The URL itself is a secret (Slack): the name of the one that holds it',
  }),
  headers: Headers.optional(),
  signingSecret: SecretName.optional().meta({
    description: 'Each message is signed with this secret (HMAC-SHA256 over id, time and body; docs/notifications.md)',
  }),
  timeout: Duration.refine((ms) => ms >= 100 && ms <= 60_000, 'between 100ms and 1m')
    .prefault('10s')
    .meta({ description: 'How long one attempt may take' }),
  allowPrivate: z.boolean().default(false).meta({
    description: 'Addresses of this machine and of private networks may be called too',
  }),
} as const;

export type Receiver = {
  readonly url?: string | undefined;
  readonly urlSecret?: string | undefined;
  readonly headers?: Readonly<Record<string, string | { readonly secret: string }>> | undefined;
  readonly signingSecret?: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly allowPrivate: boolean;
};

export type ReceiverIssue = { readonly path: string[]; readonly message: string };

export function receiverIssues({ url, urlSecret, headers, allowPrivate }: Receiver): readonly ReceiverIssue[] {
  if ((url === undefined) === (urlSecret === undefined))
    return [{ path: ['url'], message: 'give exactly one of url, urlSecret' }];
  const isOpen = url !== undefined && URL.canParse(url) && new URL(url).protocol === 'http:';
  const secret = Object.entries(headers ?? {}).find(([, value]) => typeof value !== 'string')?.[0];
  if (!isOpen || allowPrivate || secret === undefined) return [];
  return [{ path: ['url'], message: `the secret in the header ${secret} would be readable on the way; use https` }];
}

/** Every secret that must be there for a receiver to be called. */
export function secretsOf({ urlSecret, signingSecret, headers }: Receiver): readonly string[] {
  const inHeaders = Object.values(headers ?? {}).flatMap((value) => (typeof value === 'string' ? [] : [value.secret]));
  return [urlSecret, signingSecret, ...inHeaders].filter((name) => name !== undefined);
}

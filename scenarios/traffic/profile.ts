/** What a group of users sends: the third argument of the generator, as JSON. */
import { z } from 'zod';

const Profile = z.strictObject({
  /** `{n}` stands for 0 … distinct - 1, in turn; in headers too. */
  path: z.string().default('/products/{n}'),
  distinct: z.int().min(1).default(500),
  /** This percentage of the requests are POSTs, spread evenly. */
  writesPercent: z.number().min(0).max(100).default(0),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sends each request a few bytes at a time, over so long. */
  slowlyMs: z.number().positive().optional(),
  /** Sends nothing after so long. */
  forMs: z.number().positive().optional(),
});
export type Profile = z.output<typeof Profile>;

export type RequestToSend = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
};

const BODY = JSON.stringify({ stars: 4, text: 'Does what it should.' });

/** @throws SyntaxError, ZodError */
export function profileOf(text: string): Profile {
  return Profile.parse(JSON.parse(text));
}

/** The request with this number, from 0 on. */
export function requestAt({ path, distinct, writesPercent, headers }: Profile, index: number): RequestToSend {
  const fill = (text: string): string => text.replaceAll('{n}', String(index % distinct));
  const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));
  const writesBefore = Math.floor((index * writesPercent) / 100);
  const writes = Math.floor(((index + 1) * writesPercent) / 100) > writesBefore;
  if (!writes) return { method: 'GET', path: fill(path), headers: filled, body: undefined };
  const more = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(BODY)) };
  return { method: 'POST', path: fill(path), headers: { ...filled, ...more }, body: BODY };
}

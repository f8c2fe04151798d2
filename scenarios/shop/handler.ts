/** What every service of the shop is: a function from a request to an answer. */
import type { IncomingHttpHeaders } from 'node:http';
import type { CallPeer } from './peer.ts';
import type { Random } from './work.ts';

export type Question = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders };
export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Handler = (question: Question) => Promise<Answer>;

export type Surroundings = { readonly version: string; readonly call: CallPeer; readonly random: Random };

export const NOT_FOUND: Answer = { status: 404, body: { error: 'no such page' } };

/** The product's number in `/…/7`, or undefined. */
export function productIn(path: string): number | undefined {
  const match = /\/(\d{1,6})$/.exec(path);
  return match ? Number(match[1]) : undefined;
}

/** One request to the admin server, answered. Never rejects: what goes wrong becomes an answer with its code. */
import type { IncomingMessage } from 'node:http';
import { ERRORS, MeshproofError } from '../../contracts/errors.ts';
import type { ErrorBody, ErrorCode } from '../../contracts/errors.ts';
import type { HaltSwitch } from '../halt-switch.ts';
import { refuseCaller } from './guard.ts';
import { json, PAGES } from './pages.ts';
import type { Ask, Reply } from './pages.ts';

export type AdminContext = {
  readonly ask: Ask;
  readonly halt: HaltSwitch;
  /** The host that the operator gave. */
  readonly configuredHost: string;
  readonly nowMs: () => number;
  readonly onHalted: (tookMs: number) => void;
};
export type FullReply = Reply & { readonly headers?: Readonly<Record<string, string>> };

export async function answerRequest(request: IncomingMessage, context: AdminContext): Promise<FullReply> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path === '/halt') return haltNow(request, context);
  const page = Object.hasOwn(PAGES, path) ? PAGES[path] : undefined;
  if (!page) return failure('NOT_FOUND', `${path}; there are ${listOfPaths()}`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod(path, 'GET');
  try {
    return await page.answer(context.ask, request);
  } catch (error) {
    if (error instanceof MeshproofError) return failure(error.code, error.detail);
    return failure('INTERNAL', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

/** Turns the switch first and tells afterwards: nobody is waited for. */
function haltNow(request: IncomingMessage, context: AdminContext): FullReply {
  if (request.method !== 'POST') return wrongMethod('/halt', 'POST');
  const refused = refuseCaller({ host: request.headers.host, origin: request.headers.origin }, context.configuredHost);
  if (refused !== undefined) return failure('ORIGIN_REFUSED', refused);
  const startMs = context.nowMs();
  context.halt.halt();
  const tookMs = context.nowMs() - startMs;
  context.onHalted(tookMs);
  return json(200, { halted: true, tookMs, message: 'all overlays and faults of this proxy are off' });
}

function wrongMethod(path: string, allowed: string): FullReply {
  return { ...failure('REQUEST_INVALID', `${path} is for ${allowed} only`), status: 405, headers: { allow: allowed } };
}

function listOfPaths(): string {
  const pages = Object.entries(PAGES).map(([path, { does }]) => `${path} (${does})`);
  return [...pages, '/halt (POST: drops all overlays and faults now)'].join('; ');
}

function failure(code: ErrorCode, detail: string): Reply {
  const body: ErrorBody = { error: { code, message: ERRORS[code].message, detail } };
  return json(ERRORS[code].status, body);
}

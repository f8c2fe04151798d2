/** The head of an endpoint's answer as its client gets it, and how the client will know where the body ends. */
import type { RequestHead, ResponseHead } from '../http1/head.ts';
import type { HeadEdits } from '../http1/head-edits.ts';
import { writeResponseHead } from '../http1/write-head.ts';
import type { Downstream } from './connection.ts';

/** Who says where the body ends: its framing does, or (towards an old client, or as it came) the end of the connection. */
export const FRAMED = 0;
export const UNTIL_CLOSE = 1;
/** The chunked coding is taken off for an HTTP/1.0 client. */
export const DECHUNKED = 2;
/** No body: both sides speak as long as they like. */
export const TUNNELLED = 3;
export type BodyEnd = typeof FRAMED | typeof UNTIL_CLOSE | typeof DECHUNKED | typeof TUNNELLED;

/** @param complete - no body follows, or it is here with the head */
export function bodyEndOf(head: ResponseHead, request: RequestHead, complete: boolean): BodyEnd {
  if (complete) return FRAMED;
  if (head.chunked) return request.minor === 0 ? DECHUNKED : FRAMED;
  return head.contentLength < 0 ? UNTIL_CLOSE : FRAMED;
}

/** Also decides whether the client's connection must close after this answer. */
export function answerHead(head: ResponseHead, downstream: Downstream, end: BodyEnd, changes?: HeadEdits): string {
  // The rest of the request's body is not waited for; it could not be told from a next request.
  if (end !== FRAMED || !downstream.body.complete || downstream.tunnel === 'connect') downstream.closeAfter = true;
  const { minor, isHead } = downstream.head;
  const bodyless = head.status === 204 || head.status === 304;
  const framing = {
    chunked: head.chunked && minor === 1 && (end === FRAMED || isHead) && !bodyless,
    dropLength: head.status === 204 || head.lengthVoid,
    connection: downstream.connectionField(),
  };
  return writeResponseHead(head, framing, changes);
}

/** 1xx, and 2xx to CONNECT: a Content-Length there means nothing and is not sent on (RFC 9110 8.6, 9.3.6). */
export function unframedHead(head: ResponseHead, upgrade: boolean): string {
  return writeResponseHead(head, upgrade ? UPGRADE : BARE);
}

const BARE = { chunked: false, dropLength: true, connection: '' } as const;
const UPGRADE = { chunked: false, dropLength: true, connection: 'upgrade' } as const;

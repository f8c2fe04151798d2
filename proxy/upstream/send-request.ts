/** A request on its way to the endpoint: head and held body in one go, the rest of a streamed body as it comes. */
import type { Downstream } from '../downstream/connection.ts';
import type { RequestBody } from '../downstream/request-body.ts';
import type { HeadEdits } from '../http1/head-edits.ts';
import { writeRequestHead } from '../http1/write-head.ts';
import type { UpstreamConnection } from './connection.ts';

/** @param fallbackHost - Host for an HTTP/1.0 request that has none */
export function sendRequest(
  connection: UpstreamConnection,
  { head, body, tunnel }: Downstream,
  added: string,
  fallbackHost: string,
  changes?: HeadEdits,
): void {
  const upgrade = tunnel === 'websocket';
  const { protocol } = connection.endpoint;
  const te = protocol === 'grpc' || (protocol === 'http2' && head.acceptsTrailers);
  const text = writeRequestHead(head, { added, fallbackHost, upgrade, keepExpect: !body.complete, te, changes });
  if (body.empty) {
    connection.writeText(text);
    return;
  }
  connection.cork();
  connection.writeText(text);
  // A body that is here whole is kept: it can be sent again. What is streamed is forgotten.
  for (const part of body.toSend()) connection.write(part);
  connection.uncork();
}

/** @returns false when the endpoint does not keep up */
export function sendBody(connection: UpstreamConnection, body: RequestBody): boolean {
  let open = true;
  for (const part of body.takeFramed()) open = connection.write(part) && open;
  return open;
}

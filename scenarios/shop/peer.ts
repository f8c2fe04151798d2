/** Calls to other services: through the sidecar's outbound port, with the service's name as Host. */
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export type Reply = { readonly status: number; readonly body: unknown };
/** @throws when there is no complete answer within the time-out */
export type CallPeer = (service: string, path: string, from: IncomingHttpHeaders) => Promise<Reply>;

/** Headers that make one trace of all the hops of a request. */
const TRACE_HEADERS = [
  'traceparent',
  'tracestate',
  'x-request-id',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'b3',
];

const TIMEOUT_MS = 5_000;

/** @param outbound - host:port of this version's sidecar */
export function peersThrough(outbound: string): CallPeer {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const { hostname, port } = new URL(`http://${outbound}`);
  return (service, path, from) =>
    new Promise<Reply>((resolve, reject) => {
      const headers = { ...traceOf(from), host: service, accept: 'application/json' };
      const call = request({ agent, hostname, port, path, headers, timeout: TIMEOUT_MS }, (answer) => {
        text(answer).then((body) => {
          resolve({ status: answer.statusCode ?? 0, body: asJson(body) });
        }, reject);
      });
      call.on('timeout', () => call.destroy(new Error(`${service} did not answer within ${TIMEOUT_MS} ms`)));
      call.on('error', reject);
      call.end();
    });
}

function traceOf(from: IncomingHttpHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of TRACE_HEADERS) {
    const value = from[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** Error pages are text; the caller looks at the status first. */
function asJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}

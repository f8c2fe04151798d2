/** HTTP/2 by prior knowledge for tests: a client, and servers that do what the test says. */
import { connect, createServer } from 'node:http2';
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2Server,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
  Settings,
} from 'node:http2';
import { onTestFinished } from 'vitest';

export type Http2Answer = {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
};

export function http2Client(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

export function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let body = '';
    stream.on('response', (h) => (headers = h));
    stream.on('trailers', (t: IncomingHttpHeaders) => (trailers = t));
    stream.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
    stream.on('error', (error: Error) => reject(error));
    stream.on('close', () => resolve({ headers, body, trailers }));
  });
}

/** One request on a session. */
export function askHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
  trailers?: OutgoingHttpHeaders,
): Promise<Http2Answer> {
  const stream = session.request(
    { ':authority': 'shop', ...headers },
    { endStream: body === undefined, waitForTrailers: trailers !== undefined },
  );
  stream.on('wantTrailers', () => stream.sendTrailers(trailers ?? {}));
  const answer = answerOf(stream);
  if (body !== undefined) stream.end(body);
  return answer;
}

export type Http2Upstream = {
  readonly port: number;
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
};

export async function http2Upstream(
  script: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: Settings = {},
): Promise<Http2Upstream> {
  const server = createServer({ settings });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    script(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server, sessions };
}

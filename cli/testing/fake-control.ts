/** A control plane for tests: answers from a table, remembers what it was asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Asked = { readonly method: string; readonly path: string; readonly body: unknown };
export type Answer = { readonly status?: number; readonly body: unknown };
/** By `METHOD path`; a list gives one answer after the other and then the last one again and again. */
export type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

export type FakeControl = {
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly close: () => Promise<void>;
};

export async function fakeControl(answers: Answers): Promise<FakeControl> {
  const asked: Asked[] = [];
  const times = new Map<string, number>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const key = `${request.method} ${request.url}`;
      asked.push({
        method: request.method ?? '',
        path: request.url ?? '',
        body: body === '' ? null : JSON.parse(body),
      });
      const listed = answers[key];
      const nth = times.get(key) ?? 0;
      times.set(key, nth + 1);
      const list = Array.isArray(listed) ? (listed as readonly Answer[]) : listed ? [listed as Answer] : [];
      const answer = list[Math.min(nth, list.length - 1)] ?? {
        status: 404,
        body: { error: { code: 'NOT_FOUND', message: '', detail: key } },
      };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}

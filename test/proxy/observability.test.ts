/** Spans, trace headers and the access log of requests over real sockets. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AccessLog } from '../../proxy/access-log/access-log.ts';
import { openTelemetry } from '../../proxy/tracing/open-telemetry.ts';
import type { Tracing } from '../../proxy/tracing/request-trace.ts';
import { ok, status } from './scripted-upstream.ts';
import { chain, get } from './stage.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
};

type Export = {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
};

/** A collector that keeps what it gets. */
async function collector(samplePpm: number): Promise<{ tracing: Tracing; spans: Span[] }> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(body) as Export;
      spans.push(...resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const tracing = openTelemetry({ url: `http://127.0.0.1:${port}`, name: 'edge', version: '1', samplePpm });
  return { tracing, spans };
}

/** The traceparent of each request that reached the endpoint. */
function parentsIn(bytes: string): string[] {
  return [...bytes.matchAll(/^traceparent: (.*)\r$/gim)].map(([, value]) => value ?? '');
}

describe('tracing', () => {
  it('sends a span for the request and one for each attempt, beneath the span of the caller', async () => {
    const { tracing, spans } = await collector(0);
    let calls = 0;
    const { client, upstream } = await chain(({ answer }) => answer(calls++ === 0 ? status(503) : ok('fine')), {
      rules: [{ retry: { attempts: 1, on: ['5xx'], backoff: '0ms' } }],
      options: { tracing },
    });
    await client.send(get('/cart?x=1', `traceparent: 00-${TRACE}-${PARENT}-01\r\n`)).response();
    await tracing.close();
    const [first, second, whole] = ['GET attempt 1', 'GET attempt 2', 'GET shop'].map((name) =>
      spans.find((span) => span.name === name),
    );
    expect(whole).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(first).toMatchObject({ traceId: TRACE, parentSpanId: whole?.spanId, status: { code: 2 } });
    expect(second).toMatchObject({ traceId: TRACE, parentSpanId: whole?.spanId });
    const parents = parentsIn(upstream.bytes);
    expect(parents).toEqual([`00-${TRACE}-${first?.spanId}-01`, `00-${TRACE}-${second?.spanId}-01`]);
    expect(whole?.attributes).toContainEqual({ key: 'url.path', value: { stringValue: '/cart' } });
  });

  it('goes on in B3 too where the caller speaks it, so that nobody behind leaves our span out', async () => {
    const { tracing, spans } = await collector(0);
    const { client, upstream } = await chain(({ answer }) => answer(ok('fine')), { options: { tracing } });
    await client.send(get('/', `b3: ${TRACE}-${PARENT}-1\r\n`)).response();
    const multi = `x-b3-traceid: ${TRACE.slice(16)}\r\nx-b3-spanid: ${PARENT}\r\nx-b3-parentspanid: 1111111111111111\r\n`;
    await client.send(get('/', `${multi}x-b3-sampled: 1\r\n`)).response();
    await tracing.close();
    const attempts = spans.filter((span) => span.name === 'GET attempt 1').map(({ spanId }) => spanId);
    const fields = (name: string): string[] =>
      upstream.requests.flatMap(({ headers }) => headers.filter(([n]) => n === name).map(([, value]) => value));
    expect(fields('b3')).toEqual([`${TRACE}-${attempts[0]}-1`]);
    expect([fields('x-b3-traceid'), fields('x-b3-spanid')]).toEqual([[TRACE.slice(16)], [attempts[1]]]);
    expect([fields('x-b3-sampled'), fields('x-b3-parentspanid')]).toEqual([['1'], []]);
    expect(fields('traceparent')).toHaveLength(2);
  });

  it('keeps to the decision of the caller, and makes one where there is none', async () => {
    const { tracing, spans } = await collector(0);
    const { client, upstream } = await chain(({ answer }) => answer(ok('fine')), { options: { tracing } });
    await client.send(get('/', `b3: ${TRACE}-${PARENT}-0\r\n`)).response();
    await client.send(get()).response();
    await client.send(get('/', 'b3: 0\r\n')).response();
    await tracing.close();
    expect(spans).toEqual([]);
    const [b3, own] = parentsIn(upstream.bytes);
    expect(b3).toBe(`00-${TRACE}-${PARENT}-00`);
    expect(own).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });
});

describe('the access log', () => {
  it('has one line of JSON for every request, also for those that the proxy answers itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshproof-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'access.ndjson');
    const log = new AccessLog(file, () => 0);
    const { client, gateway, upstream } = await chain(({ answer }) => answer(ok('fine')));
    gateway.dataplane.observe(log.observe);
    await client.send(get('/a?b=c', 'x-request-id: r-1\r\nuser-agent: test\r\n')).response();
    upstream.script = ({ socket }) => socket.destroy();
    await client.send('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n').response();
    await log.close();
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      time: '1970-01-01T00:00:00.000Z',
      method: 'GET',
      host: 'shop',
      path: '/a?b=c',
      status: 200,
      protocol: 'HTTP/1.1',
      requestBytes: 0,
      responseBytes: 4,
      service: 'shop',
      version: 'v1',
      endpoint: `127.0.0.1:${upstream.port}`,
      attempts: 1,
      requestId: 'r-1',
      userAgent: 'test',
    });
    expect(lines[1]).toMatchObject({ method: 'POST', status: 502, error: 'UPSTREAM_RESET' });
    expect(lines[1]).not.toHaveProperty('grpcStatus');
  });
});

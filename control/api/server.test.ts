/** What the HTTP server must bear from anybody who reaches it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { API, LIVE_PATH } from '../../contracts/paths.ts';
import { WIRE_PATH } from '../../contracts/wire.ts';
import { service, testControl } from '../testing/running-control.ts';
import { ScriptedProxy } from '../testing/scripted-proxy.ts';
import type { TestControl } from '../testing/running-control.ts';

let control: TestControl;
beforeEach(async () => {
  control = await testControl();
});
afterEach(() => control.dispose());

function raw(): Socket {
  const [host, port] = control.address.split(':');
  return connect(Number(port), host);
}

async function answerTo(request: string): Promise<string> {
  const socket = raw();
  let answer = '';
  socket.on('data', (data) => (answer += data.toString('latin1')));
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

/** The path of a route with the names of its parameters in their places. */
function addressOf(address: (first: string, second: string) => string): string {
  return address.length === 2 ? address('{kind}', '{name}') : address('{name}', '');
}

/** Whatever its parameters are called. */
function shapeOf(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}');
}

describe('an upgrade', () => {
  it('to anything but the two streams is not found', async () => {
    const answer = await answerTo(
      `GET /other HTTP/1.1\r\nhost: ${control.address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it.each([WIRE_PATH, LIVE_PATH])('to %s is refused to a page of another origin', async (path) => {
    const socket = new WebSocket(`ws://${control.address}${path}`, { origin: 'http://evil.test' });
    const refused = await new Promise((resolve) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.once('open', () => resolve('open'));
    });
    socket.on('error', () => undefined); // there is no connection to terminate
    socket.terminate();
    expect(refused).toBe(403);
  });

  it('that is broken off in the middle harms nobody', async () => {
    for (const path of ['/other', WIRE_PATH, LIVE_PATH]) {
      for (let i = 0; i < 20; i++) {
        const socket = raw();
        await new Promise((resolve) => socket.once('connect', resolve));
        socket.write(
          `GET ${path} HTTP/1.1\r\nhost: ${control.address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
        );
        if (i % 2) await new Promise(setImmediate);
        socket.resetAndDestroy();
      }
    }
    expect((await control.ask('GET', API.health)).status).toBe(200);
  });
});

describe('answers', () => {
  it('carry the headers that keep a page from doing more than it should', async () => {
    const answer = await fetch(`http://${control.address}/`, { headers: { accept: 'text/html' } });
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['PUT', API.documents, '{"documents": [', 400],
    ['PUT', API.documents, JSON.stringify({ documents: ['x'.repeat(1024 * 1024)] }), 400],
    ['GET', '/api/v1/services/%zz', undefined, 400],
    ['GET', '/api/v1/nothing', undefined, 404],
    ['PATCH', API.documents, '{}', 404],
  ] as const)('to %s %s that is wrong have a code', async (method, path, body, status) => {
    const answer = await fetch(`http://${control.address}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code: status === 404 ? 'NOT_FOUND' : 'REQUEST_INVALID' } });
  });
});

describe('the API', () => {
  it('refuses pages of other origins and bent host names', async () => {
    const asked = await control.ask('POST', API.halt, {}, { origin: 'http://evil.test' });
    expect([asked.status, (asked.body['error'] as { code: string }).code]).toEqual([403, 'ORIGIN_REFUSED']);
    expect((await control.ask('POST', API.halt, {}, { origin: `http://${control.address}` })).status).toBe(200);
  });

  it('answers errors with a code of the table', async () => {
    expect((await control.ask('PUT', API.documents, { documents: [{}] })).body['error']).toMatchObject({
      code: 'DOCUMENT_INVALID',
      problems: [{ path: 'documents[0] apiVersion' }],
    });
    expect((await control.ask('GET', API.experiment('none'))).body['error']).toMatchObject({
      code: 'EXPERIMENT_NOT_FOUND',
    });
    expect((await control.ask('PUT', API.documents, { documents: 'all' })).body['error']).toMatchObject({
      code: 'REQUEST_INVALID',
    });
    expect((await control.ask('GET', '/nothing')).body['error']).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('describes each of its routes in the OpenAPI document, each under a name of its own', async () => {
    const { body } = await control.ask('GET', API.openapi);
    const paths = body['paths'] as Record<string, Record<string, { operationId: string }>>;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((m) => `${m} ${path}`),
    );
    const shapes = Object.keys(paths).map(shapeOf);
    for (const address of Object.values(API)) {
      const path = typeof address === 'string' ? address : addressOf(address);
      expect(shapes).toContain(shapeOf(decodeURIComponent(path)));
    }
    expect(described).toEqual(
      expect.arrayContaining([
        'put /api/v1/documents',
        'delete /api/v1/documents/{kind}/{name}',
        'post /api/v1/halt',
        'get /metrics',
      ]),
    );
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map((o) => o.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(body)).not.toContain('undefined');
  });

  it('counts for Prometheus what the control plane has', async () => {
    await control.ask('PUT', API.documents, { documents: [service()] });
    const edge = await ScriptedProxy.connect(control.address);
    await edge.hear('overlays');
    const text = await (await fetch(`http://${control.address}/metrics`)).text();
    expect(text).toContain('meshproof_control_proxies_connected 1\n');
    expect(text).toContain('meshproof_control_config_version 1\n');
    expect(text).toContain('meshproof_control_experiments{phase="stepping"} 0\n');
    expect(text).toContain('process_cpu_seconds_total');
    edge.close();
  });
});

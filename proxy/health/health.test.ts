import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HealthCheck } from '../../contracts/health-check.ts';
import { heldRuntime } from '../testing/runtime.ts';
import { Checker } from './checker.ts';
import { newHealthState, takeResult } from './health-state.ts';
import { probeFor } from './probe-for.ts';
import { healthRequest, isServing } from './probe-grpc.ts';
import type { Probe } from './probe.ts';

const THRESHOLDS = { unhealthyThreshold: 3, healthyThreshold: 2 };

/** `+` passed, `-` failed. @returns the health after each */
function after(results: string): string {
  const state = newHealthState();
  return [...results].map((r) => (takeResult(state, r === '+', THRESHOLDS), state.healthy ? 'H' : 'u')).join('');
}

describe('thresholds', () => {
  it.each([
    ['+--', 'HHH'],
    ['+---', 'HHHu'],
    ['+--+--', 'HHHHHH'],
    ['+---+', 'HHHuu'],
    ['+---++', 'HHHuuH'],
    ['+---+-++', 'HHHuuuuH'],
    ['-', 'u'], // the first check decides
    ['-+', 'uu'],
    ['-++', 'uuH'],
  ])('after %s: %s', (results, expected) => {
    expect(after(results)).toBe(expected);
  });
});

describe('the checker', () => {
  function checking(n: number, spec: Record<string, unknown> = {}, free = 64) {
    const runtime = heldRuntime();
    const began: number[] = [];
    const broken: number[] = [];
    const results: [number, boolean, boolean][] = [];
    const finish: ((passed: boolean) => void)[] = [];
    const probe: Probe = ({ port }, done) => {
      began.push(port);
      finish[port] = done;
      return () => void broken.push(port);
    };
    const members = Array.from({ length: n }, (_, port) => ({
      endpoint: { host: '', port, address: '' },
      health: newHealthState(),
    }));
    const slots = { free };
    const checker = new Checker({
      spec: HealthCheck.parse({ tcp: {}, interval: '10s', timeout: '1s', jitter: 0, ...spec }),
      members,
      wheel: runtime.wheel,
      slots,
      chance: () => 0,
      onResult: (member, passed, changed) => void results.push([member.endpoint.port, passed, changed]),
      probe,
    });
    onTestFinished(() => {
      checker.stop();
      runtime.wheel.close();
    });
    const pass = (ms: number): void => {
      runtime.move(ms);
      runtime.wheel.advance();
    };
    return { checker, began, broken, results, finish, slots, pass };
  }

  it('checks at once, then at each interval after the end of the one before', () => {
    const { began, finish, pass, results } = checking(1);
    pass(5);
    expect(began).toEqual([0]);
    pass(500);
    finish[0]?.(true);
    pass(9_990);
    expect(began).toHaveLength(1);
    pass(20);
    expect(began).toHaveLength(2);
    expect(results).toEqual([[0, true, false]]);
  });

  it('breaks off a check that takes too long: it has failed', () => {
    const { broken, pass, results } = checking(1);
    pass(5);
    pass(1_005);
    expect(broken).toEqual([0]);
    expect(results).toEqual([[0, false, true]]);
  });

  it('has no more checks under way than there are slots, and gives them back', () => {
    const { began, finish, pass, slots, checker } = checking(3, {}, 1);
    pass(5);
    expect(began).toHaveLength(1);
    finish[began[0] ?? 0]?.(true);
    pass(60);
    expect(began).toHaveLength(2);
    checker.stop();
    expect(slots.free).toBe(1);
    pass(60_000);
    expect(began).toHaveLength(2);
  });
});

type Listening = Server | ReturnType<typeof createHttp2Server>;

async function portOf(server: Listening): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function ask(check: unknown, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    probeFor(HealthCheck.parse(check))({ host: '127.0.0.1', port, address: `127.0.0.1:${port}` }, resolve);
  });
}

describe('a check over a socket', () => {
  it('of http takes 2xx, or the statuses that it names', async () => {
    const seen: unknown[] = [];
    const port = await portOf(
      createHttpServer((request, response) => {
        seen.push([request.url, request.headers.host, request.headers['user-agent']]);
        response.writeHead(Number(request.url?.slice(1))).end('body');
      }),
    );
    expect(await ask({ http: { path: '/204' } }, port)).toBe(true);
    expect(await ask({ http: { path: '/302' } }, port)).toBe(false);
    expect(await ask({ http: { path: '/503' } }, port)).toBe(false);
    expect(await ask({ http: { path: '/418', statuses: [200, 418], host: 'shop' } }, port)).toBe(true);
    expect(await ask({ http: { path: '/200', statuses: [418] } }, port)).toBe(false);
    expect(seen[3]).toEqual(['/418', 'shop', 'meshproof-health-check']);
  });

  it('of http fails on what is not HTTP', async () => {
    const port = await portOf(createServer((socket) => void socket.on('error', () => {}).end('hello\r\n\r\n')));
    expect(await ask({ http: {} }, port)).toBe(false);
  });

  it.each(['tcp', 'http', 'grpc'])('of %s fails where nobody listens', async (kind) => {
    const server = createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await ask({ [kind]: {} }, port)).toBe(false);
  });

  it('of tcp needs a connection', async () => {
    expect(await ask({ tcp: {} }, await portOf(createServer((socket) => void socket.on('error', () => {}))))).toBe(
      true,
    );
  });

  it.each([
    ['SERVING', 1, '0', true],
    ['NOT_SERVING', 2, '0', false],
    ['an error after the answer', 1, '14', false],
  ])('of grpc reads %s', async (_, serving, grpcStatus, expected) => {
    const server = createHttp2Server();
    const asked: Buffer[] = [];
    server.on('stream', (stream, headers) => {
      stream.on('data', (chunk: Buffer) => void asked.push(chunk));
      expect(headers[':path']).toBe('/grpc.health.v1.Health/Check');
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus }));
      stream.on('end', () => stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serving])));
    });
    expect(await ask({ grpc: { service: 'shop' } }, await portOf(server))).toBe(expected);
    expect(Buffer.concat(asked)).toEqual(Buffer.from('\0\0\0\0\x06\n\x04shop', 'latin1'));
  });

  it('of grpc fails where the service is not known', async () => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
    });
    expect(await ask({ grpc: {} }, await portOf(server))).toBe(false);
  });
});

describe('the messages of grpc health', () => {
  it('carry names longer than 127 bytes', () => {
    const request = healthRequest('s'.repeat(300));
    expect([...request.subarray(0, 8)]).toEqual([0, 0, 0, 1, 47, 0x0a, 0xac, 0x02]);
  });

  it('that are empty or strange are not SERVING', () => {
    for (const bytes of [[], [0, 0, 0, 0, 0], [1, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 2, 8, 3], [0, 0, 0, 0, 2, 16, 1]]) {
      expect(isServing(Buffer.from(bytes))).toBe(false);
    }
  });
});

it('a health check asks for exactly one thing', () => {
  for (const check of [{}, { tcp: {}, http: {} }, { tcp: {}, interval: '0s' }]) {
    expect(HealthCheck.safeParse(check).success).toBe(false);
  }
});

import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { API_VERSION, ServiceDocument } from '../../contracts/document.ts';
import { ok, ScriptedUpstream } from '../../test/proxy/scripted-upstream.ts';
import { compileService, Inventory } from '../plan/compile.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { heldRuntime } from '../testing/runtime.ts';
import type { HeldRuntime } from '../testing/runtime.ts';
import { Downstream } from './connection.ts';
import type { DownstreamHost } from './host.ts';

/** A socket whose peer reads only when the test says so. */
class StuckSocket extends Socket {
  written = '';
  #done: (() => void)[] = [];

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.written += chunk.toString('latin1');
    this.#done.push(done);
  }

  override _read(): void {}

  override _final(done: () => void): void {
    this.#done.push(done);
  }

  peerReads(): void {
    for (const done of this.#done.splice(0)) done();
  }
}

function open(service?: ServicePlan, runtime: HeldRuntime = heldRuntime()) {
  const socket = new StuckSocket();
  const closed: unknown[] = [];
  const host: DownstreamHost = {
    resolve: () => service,
    closed: (c: unknown) => void closed.push(c),
    retired: false,
    unknownHost: 'ROUTE_NOT_FOUND',
  };
  const downstream = new Downstream(runtime, host, socket);
  socket.resume();
  const sweepAfter = (ms: number): void => {
    runtime.move(ms);
    downstream.sweep(runtime.clock.nowMs());
  };
  return { runtime, socket, sweepAfter };
}

const tick = (): Promise<unknown> => new Promise(setImmediate);

it('hands the upstream connection back fit for use though the client was not reading', async () => {
  const upstream = await ScriptedUpstream.open(({ answer }) => answer(ok('b'.repeat(40_000))));
  onTestFinished(() => upstream.close());
  const runtime = heldRuntime();
  const source = { versions: { v1: { endpoints: [`127.0.0.1:${upstream.port}`] } }, stable: 'v1' };
  const document = ServiceDocument.parse({
    apiVersion: API_VERSION,
    kind: 'Service',
    metadata: { name: 'shop' },
    spec: source,
  });
  const inventory = new Inventory(runtime);
  onTestFinished(() => inventory.destroyAll());
  const { socket } = open(compileService(runtime, inventory, document, [], undefined, []), runtime);
  for (let request = 1; request <= 3; request++) {
    socket.push('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await upstream.until(() => upstream.requests.length === request);
    await vi.waitFor(() => {
      if (runtime.requestsInFlight > 0) socket.peerReads(); // an earlier piece; the last one stays unread
      expect(runtime.requestsInFlight).toBe(0);
    });
    for (let i = 0; i < 10; i++) {
      socket.peerReads();
      await tick();
    }
    expect(socket.written.split('b'.repeat(40_000))).toHaveLength(request + 1);
  }
  expect(upstream.connections).toBe(1);
});

it('does not ask more while it does not read its answers, though clients connect and its turn comes', async () => {
  const { runtime, socket } = open();
  for (let i = 0; i < 1_000; i++) {
    runtime.turns.arrived();
    if (socket.readableLength === 0) socket.push('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await tick();
  }
  expect(socket.writableLength).toBeGreaterThan(socket.writableHighWaterMark);
  expect(socket.writableLength).toBeLessThan(socket.writableHighWaterMark + 1_000);
});

describe('a connection that closes after its answer', () => {
  it('is not cut while the client still has to read the answer', async () => {
    const { socket, sweepAfter } = open();
    socket.push('GET / HTTP/1.0\r\n\r\n');
    await tick();
    expect(socket.written).toContain('ROUTE_NOT_FOUND');
    for (let i = 0; i < 10; i++) sweepAfter(5_000);
    expect(socket.destroyed).toBe(false);
    socket.peerReads();
    await tick();
    sweepAfter(2_100);
    expect(socket.destroyed).toBe(true);
  });

  it('is cut when the client reads nothing for as long as it may be idle', async () => {
    const { socket, sweepAfter } = open();
    socket.push('GET / HTTP/1.0\r\n\r\n');
    await tick();
    sweepAfter(76_000);
    expect(socket.destroyed).toBe(true);
  });

  it('throws away what still comes, but not for ever', async () => {
    const { socket, sweepAfter } = open();
    socket.push('nonsense\r\n\r\n');
    await tick();
    socket.peerReads();
    let sweeps = 0;
    for (; sweeps < 100 && !socket.destroyed; sweeps++) {
      socket.push('more');
      await tick();
      sweepAfter(1_000);
    }
    expect(sweeps).toBeGreaterThan(10);
    expect(sweeps).toBeLessThan(20);
    expect(socket.written.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });
});

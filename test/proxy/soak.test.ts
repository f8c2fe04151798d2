/**
 * Everything at once, by a seeded choice: good and bad clients, good and bad endpoints, retries, shield, faults and new
 * configurations. Whatever happens, an answer belongs to its request, a POST is sent at most once, and nothing is left.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../proxy/random.ts';
import { documentsOf, overlay } from './gateway.ts';
import { header } from './naive-http.ts';
import type { RawClient } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import type { Arrival, ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, upstreamThat } from './stage.ts';

type Chance = { readonly below: (n: number) => number; readonly oneIn: (n: number) => boolean };

function chanceOf(seed: number): Chance {
  const random = new Random(seed * 7_919 + 1);
  const below = (n: number): number => random.uint32() % n;
  return { below, oneIn: (n) => below(n) === 0 };
}

/** Answers with the id and the length of the body, in one of many ways, or not at all. */
function behave({ request, socket, answer }: Arrival, chance: Chance): void {
  const id = header(request, 'x-id') ?? '?';
  const body = `${id}:${request.body.length}:${'b'.repeat(chance.oneIn(6) ? chance.below(90_000) : 10)}`;
  const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  switch (chance.below(16)) {
    case 0:
      return void socket.destroy();
    case 1:
      return void socket.resetAndDestroy();
    case 2:
      answer(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`);
      return void setTimeout(() => socket.resetAndDestroy(), 2);
    case 3:
      return answer(`HTTP/1.1 503 No\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    case 4:
      return void socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`);
    case 5:
      return void socket.end(ok(body, 'connection: close\r\n'));
    case 6:
      return void setTimeout(() => answer(ok(body)), chance.below(8));
    case 7:
      return answer(`HTTP/1.1 103 Hints\r\n\r\n${ok(body)}`);
    case 8:
      return answer('garbage\r\n\r\n');
    case 9:
      return answer(`${ok(body)}surplus`);
    case 10: {
      const cut = chance.below(chunked.length);
      answer(chunked.slice(0, cut));
      return void setTimeout(() => answer(chunked.slice(cut)), 1);
    }
    case 11:
      return answer(chunked);
    default:
      return answer(ok(body));
  }
}

type Sent = { readonly id: string; readonly method: string; readonly bodyLength: number };

function requestText({ id, method, bodyLength }: Sent, chance: Chance): string {
  const head = `${method} /${id} HTTP/1.1\r\nhost: shop\r\nx-id: ${id}\r\n`;
  if (method === 'GET') return `${head}\r\n`;
  const body = 'q'.repeat(bodyLength);
  if (chance.oneIn(2)) return `${head}content-length: ${bodyLength}\r\n\r\n${body}`;
  const chunks = bodyLength === 0 ? '' : `${bodyLength.toString(16)}\r\n${body}\r\n`;
  return `${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

/** One connection's life: some requests, pipelined or not, perhaps cut off. @returns how many answers were right */
async function visit(client: RawClient, name: string, chance: Chance): Promise<number> {
  const sent: Sent[] = Array.from({ length: 1 + chance.below(5) }, (_, i) => ({
    id: `${name}-${i}`,
    method: ['GET', 'GET', 'PUT', 'POST'][chance.below(4)] ?? 'GET',
    bodyLength: chance.oneIn(5) ? chance.below(150_000) : chance.below(50),
  }));
  const wire = sent.map((request) => requestText(request, chance)).join('');
  const cut = chance.oneIn(6) ? chance.below(wire.length) : wire.length;
  const middle = chance.below(cut + 1);
  client.send(wire.slice(0, middle));
  if (chance.oneIn(2)) await new Promise((resolve) => setTimeout(resolve, chance.below(6)));
  client.send(wire.slice(middle, cut));
  if (cut < wire.length) {
    await new Promise((resolve) => setTimeout(resolve, chance.below(6)));
    if (chance.oneIn(2)) client.socket.resetAndDestroy();
    else client.socket.end();
    return 0;
  }
  let right = 0;
  for (const request of sent) {
    let response;
    do {
      try {
        response = await client.response(request.method);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('connection ')) return right; // broken off: allowed
        throw error;
      }
    } while (response.status < 200);
    if (header(response, 'x-meshproof-error') === undefined) {
      expect(response.body.startsWith(`${request.id}:${request.method === 'GET' ? 0 : request.bodyLength}:`)).toBe(
        true,
      );
      right++;
    }
    if (header(response, 'connection') === 'close') return right;
  }
  return right;
}

function countsOf(upstreams: readonly ScriptedUpstream[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { method, headers } of upstreams.flatMap((u) => u.requests)) {
    const id = `${method} ${headers.find(([n]) => n === 'x-id')?.[1]}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

describe('a proxy under everything at once', () => {
  it.each([1, 2, 3, 4])(
    'keeps answers with their requests, and leaves nothing behind (seed %s)',
    async (seed) => {
      const chance = chanceOf(seed);
      const upstreams = [
        await upstreamThat((arrival) => behave(arrival, chance)),
        await upstreamThat((arrival) => behave(arrival, chance)),
      ];
      const versions = { v1: [upstreams[0]?.port ?? 0], v2: [upstreams[1]?.port ?? 0] };
      const setup = {
        versions,
        rules: [
          { timeout: '1s', retry: { attempts: 2, on: ['5xx', 'reset'], backoff: '1ms', perTryTimeout: '300ms' } },
        ],
        faults: [
          { at: 'attempt', percent: 5, delay: { fixed: '3ms' }, abort: { status: 503 } },
          { at: 'request', percent: 3, delay: { fixed: '2ms' } },
          { at: 'request', percent: 2, abort: { reset: true } },
        ],
        limits: { holdBodyMs: 3, holdBodyBytes: 20_000 },
      };
      const { dataplane, port } = await gatewayTo(setup);
      let right = 0;
      for (let round = 0; round < 12; round++) {
        dataplane.setOverlays(round % 4 === 3 ? [] : [overlay({ candidatePpm: 500_000, shield: true, epoch: round })]);
        if (round % 5 === 4)
          await dataplane.apply(round, documentsOf({ ...setup, rules: round % 2 ? setup.rules : [{}] }));
        const clients = await Promise.all(Array.from({ length: 12 }, () => clientOf(port)));
        const visits = clients.map((client, i) => visit(client, `s${seed}r${round}c${i}`, chance));
        for (const count of await Promise.all(visits)) right += count;
        for (const client of clients) client.close();
      }
      expect(right).toBeGreaterThan(100);
      await expect.poll(() => dataplane.metrics().requestsInFlight, { timeout: 3_000 }).toBe(0);
      await expect.poll(() => dataplane.metrics().downstreamConnections, { timeout: 3_000 }).toBe(0);
      for (const [id, count] of countsOf(upstreams)) {
        if (id.startsWith('POST')) expect(`${id}: ${count}`).toBe(`${id}: 1`);
        else expect(count).toBeLessThanOrEqual(8); // (1 + shield + 2 retries) attempts, each sent again at most once
      }
      const { arms, traffic } = dataplane.takeTelemetry();
      for (const row of arms) {
        expect(row.errors).toBeLessThanOrEqual(row.requests);
        expect(row.shielded).toBeLessThanOrEqual(row.errors);
      }
      expect(traffic.length).toBeGreaterThan(0);
      dataplane.setOverlays([]);
      dataplane.takeTelemetry();
      expect(dataplane.takeTelemetry()).toEqual({ traffic: [], arms: [] });
    },
    30_000,
  );
});

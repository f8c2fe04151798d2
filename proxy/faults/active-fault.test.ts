import { describe, expect, it } from 'vitest';
import { FaultDocument } from '../../contracts/document.ts';
import { ActiveFault } from './active-fault.ts';
import type { RequestHead } from '../http1/head.ts';
import { heldRuntime, requestHead } from '../testing/runtime.ts';

function fault(spec: Record<string, unknown>, world = heldRuntime(), name = 'slow'): ActiveFault {
  const source = {
    apiVersion: 'meshproof.dev/v1',
    kind: 'Fault',
    metadata: { name },
    spec: { service: 'shop', abort: { status: 503 }, ...spec },
  };
  return new ActiveFault(world, FaultDocument.parse(source));
}

function request(id?: string, path = '/'): RequestHead {
  return requestHead(`GET ${path}`, ...(id === undefined ? [] : [`x-request-id: ${id}`]));
}

const hits = (f: ActiveFault, head: RequestHead, version: string | undefined, attempt: number): boolean =>
  f.draw(head, version, attempt, {}) >= 0;

const anonymous = request();
const fate = (f: ActiveFault, ids: readonly string[], attempt = 1): boolean[] =>
  ids.map((id) => hits(f, request(id), 'v1', attempt));
const IDS = Array.from({ length: 400 }, (_, i) => `req-${i}`);

describe('the draw', () => {
  it.each([0.1, 2.5, 10, 50, 99])(
    'hits %s percent, within three standard deviations of 100,000 requests',
    (percent) => {
      const n = 100_000;
      const p = percent / 100;
      const limit = 3 * Math.sqrt(n * p * (1 - p));
      const byOrdinal = fault({ percent });
      const byId = fault({ percent, seed: 9 });
      let ordinalHits = 0;
      let idHits = 0;
      const head = request('0000000');
      for (let i = 0; i < n; i++) {
        if (hits(byOrdinal, anonymous, 'v1', 1)) ordinalHits++;
        head.text = head.text.replace(/id: .{7}/, `id: ${String(i).padStart(7, '0')}`);
        if (hits(byId, head, 'v1', 1)) idHits++;
      }
      expect(Math.abs(ordinalHits - n * p)).toBeLessThan(limit);
      expect(Math.abs(idHits - n * p)).toBeLessThan(limit);
    },
  );

  it('of 0 percent never hits, of 100 percent always', () => {
    expect(fate(fault({ percent: 0 }), IDS).some(Boolean)).toBe(false);
    expect(fate(fault({ percent: 100 }), IDS).every(Boolean)).toBe(true);
    expect(fate(fault({}), IDS).every(Boolean)).toBe(true);
  });

  it('is the same for the same seed and requests, in another process too', () => {
    const spec = { percent: 30, seed: 4 };
    expect(fate(fault(spec), IDS)).toEqual(fate(fault(spec), IDS));
    const ordinal = (f: ActiveFault): boolean[] => IDS.map(() => hits(f, anonymous, 'v1', 1));
    expect(ordinal(fault(spec))).toEqual(ordinal(fault(spec)));
    const drawn = fate(fault(spec), IDS.slice(0, 24))
      .map((hit) => (hit ? '1' : '0'))
      .join('');
    expect(drawn).toBe('001110100001110000010001');
  });

  it('is one for all requests and attempts of a user, where it is sticky, and lasts while the share grows', () => {
    const users = Array.from({ length: 400 }, (_, i) => `u${i}`);
    const meets = (f: ActiveFault, user: string, id: string, attempt = 1): boolean =>
      hits(f, requestHead('GET /', `cookie: a=b; user=${user}`, `x-request-id: ${id}`), 'v1', attempt);
    const some = fault({ percent: 10, sticky: { cookie: 'user' } });
    const met = users.filter((user) => meets(some, user, 'r1'));
    expect(met.length, 'a tenth of the users, within three standard deviations').toBeGreaterThan(22);
    expect(met.length).toBeLessThan(58);
    expect(users.filter((user) => meets(some, user, 'r2', 3))).toEqual(met);
    const more = fault({ percent: 30, sticky: { cookie: 'user' } });
    expect(met.filter((user) => !meets(more, user, 'r3'))).toEqual([]);
    expect(fate(some, IDS).filter(Boolean).length, 'who has no cookie is drawn by request').toBeGreaterThan(0);
    expect(
      users.filter((user) => meets(fault({ percent: 10, sticky: { cookie: 'user' }, seed: 5 }), user, 'r1')),
    ).not.toEqual(met);
  });

  it('does not depend on the order in which requests with an id come', () => {
    const forward = fate(fault({ percent: 30 }), IDS);
    const backward = fate(fault({ percent: 30 }), [...IDS].reverse()).reverse();
    expect(backward).toEqual(forward);
  });

  it('is another one for another seed, another name and another attempt', () => {
    const base = fate(fault({ percent: 50, seed: 1 }), IDS);
    const same = (other: boolean[]): number => other.filter((hit, i) => hit === base[i]).length / IDS.length;
    for (const other of [
      fate(fault({ percent: 50, seed: 2 }), IDS),
      fate(fault({ percent: 50, seed: 1 }, heldRuntime(), 'other'), IDS),
      fate(fault({ percent: 50, seed: 1 }), IDS, 2),
    ]) {
      expect(same(other)).toBeGreaterThan(0.38);
      expect(same(other)).toBeLessThan(0.62);
    }
  });
});

describe('the blast radius', () => {
  it('ends at the match and at the version', () => {
    const narrow = fault({ version: 'v2', match: { path: { prefix: '/api' } } });
    expect(hits(narrow, request('a', '/api/x'), 'v2', 1)).toBe(true);
    expect(hits(narrow, request('a', '/'), 'v2', 1)).toBe(false);
    expect(hits(narrow, request('a', '/api/x'), 'v1', 1)).toBe(false);
    expect(hits(narrow, request('a', '/api/x'), undefined, 0)).toBe(false);
  });

  it('ends when the lease runs out, and lasts while it is renewed', () => {
    const world = heldRuntime();
    const short = fault({ lease: '5s' }, world);
    world.move(4_999);
    expect([hits(short, anonymous, 'v1', 1), short.leaseLeftMs]).toEqual([true, 1]);
    short.renew();
    world.move(4_999);
    expect(short.active).toBe(true);
    world.move(1);
    expect([hits(short, anonymous, 'v1', 1), short.active, short.leaseLeftMs]).toEqual([false, false, 0]);
  });

  it('ends with a halt, for good', () => {
    const world = heldRuntime();
    const halted = fault({}, world);
    world.halt.halt();
    halted.renew();
    expect(hits(halted, anonymous, 'v1', 1)).toBe(false);
    expect(hits(fault({}, world), anonymous, 'v1', 1)).toBe(true);
  });
});

it('names what it injected, by type', () => {
  const both = fault({ delay: { fixed: '1s' }, at: 'request' });
  for (const type of ['delay', 'delay', 'delay', 'abort', 'abort'] as const) both.count(type);
  expect(both.totals()).toEqual([
    { fault: 'slow', service: 'shop', at: 'request', type: 'delay', injected: 3 },
    { fault: 'slow', service: 'shop', at: 'request', type: 'abort', injected: 2 },
  ]);
  expect(
    fault({ abort: { reset: true } })
      .totals()
      .map((t) => [t.type, t.at]),
  ).toEqual([['reset', 'attempt']]);
});

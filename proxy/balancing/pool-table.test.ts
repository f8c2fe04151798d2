import { describe, expect, it, onTestFinished } from 'vitest';
import { Resilience } from '../../contracts/resilience.ts';
import { heldRuntime } from '../testing/runtime.ts';
import { Endpoint } from '../upstream/endpoint.ts';
import { PoolTable } from './pool-table.ts';
import type { Pool } from './pool.ts';

function tableOf() {
  const runtime = heldRuntime();
  const table = new PoolTable(runtime, undefined);
  onTestFinished(() => {
    table.close();
    runtime.wheel.close();
  });
  const endpoints = new Map<string, Endpoint>();
  const endpointOf = (address: string): Endpoint => {
    const endpoint = endpoints.get(address) ?? new Endpoint(runtime, address, address, 80);
    endpoints.set(address, endpoint);
    return endpoint;
  };
  const poolOf = (addresses: readonly string[], spec: unknown): Pool => {
    const specs = addresses.map((address) => ({ address, weight: 1, locality: undefined }));
    return table.pool('shop', 'v1', specs, Resilience.parse(spec), endpointOf);
  };
  const fail = (pool: Pool, address: string, times: number): void => {
    const member = pool.members.find((m) => m.address === address);
    for (let i = 0; i < times && member; i++) pool.detector?.observe(member, 'answered', 500, runtime.clock.nowMs());
  };
  return { runtime, table, endpoints, poolOf, fail };
}

const chosen = (pool: Pool, n: number, nowMs = 0): string[] =>
  [...new Set(Array.from({ length: n }, () => pool.choose(nowMs, undefined, undefined)?.address ?? 'nobody'))].sort();
const OUTLIERS = { outlierDetection: { maxEjectionPercent: 100 } };

describe('a pool', () => {
  it('does not choose who is ejected, until too many are', () => {
    const { poolOf, fail } = tableOf();
    const pool = poolOf(['a', 'b', 'c', 'd'], OUTLIERS);
    expect(chosen(pool, 8)).toEqual(['a', 'b', 'c', 'd']);
    fail(pool, 'a', 5);
    fail(pool, 'b', 5);
    expect([chosen(pool, 8), pool.panic]).toEqual([['c', 'd'], false]);
    fail(pool, 'c', 5);
    expect([chosen(pool, 8), pool.panic]).toEqual([['a', 'b', 'c', 'd'], true]);
  });

  it('has nobody when all are ejected and there is to be no panic', () => {
    const { poolOf, fail } = tableOf();
    const pool = poolOf(['a'], { ...OUTLIERS, balancer: { panicThreshold: 0 } });
    fail(pool, 'a', 5);
    expect(chosen(pool, 1)).toEqual(['nobody']);
  });

  it('gives a retry another endpoint than the one that failed', () => {
    const { poolOf, endpoints } = tableOf();
    const pool = poolOf(['a', 'b'], {});
    for (let i = 0; i < 9; i++) expect(pool.choose(0, undefined, endpoints.get('a'))?.address).toBe('b');
    const alone = poolOf(['a'], {});
    expect(alone.choose(0, undefined, endpoints.get('a'))?.address).toBe('a');
  });
});

describe('another configuration', () => {
  it('keeps what is known of the endpoints that go on, and the pool itself', () => {
    const { poolOf, fail } = tableOf();
    const pool = poolOf(['a', 'b', 'c'], OUTLIERS);
    fail(pool, 'a', 5);
    fail(pool, 'b', 3);
    expect(poolOf(['d', 'b', 'a', 'c'], { ...OUTLIERS, balancer: { policy: 'random' } })).toBe(pool);
    expect(chosen(pool, 60)).toEqual(['b', 'c', 'd']);
    fail(pool, 'b', 2);
    expect(chosen(pool, 60)).toEqual(['c', 'd']);
  });

  it('keeps it where the endpoint’s time-outs have changed, too', () => {
    const { poolOf, fail, endpoints } = tableOf();
    const pool = poolOf(['a', 'b', 'c'], OUTLIERS);
    fail(pool, 'a', 5);
    endpoints.clear();
    poolOf(['a', 'b', 'c'], { ...OUTLIERS, connectTimeout: '9s' });
    expect(chosen(pool, 8)).toEqual(['b', 'c']);
  });

  it('without outlier detection lets everyone back in', () => {
    const { poolOf, fail } = tableOf();
    const pool = poolOf(['a', 'b', 'c'], OUTLIERS);
    fail(pool, 'a', 5);
    poolOf(['a', 'b', 'c'], {});
    expect(chosen(pool, 8)).toEqual(['a', 'b', 'c']);
  });

  it('warms up who joins, not who was there', () => {
    const { runtime, poolOf } = tableOf();
    const slow = { balancer: { slowStart: { window: '10s' } } };
    poolOf(['a'], slow);
    runtime.move(60_000);
    const pool = poolOf(['a', 'b'], slow);
    const now = runtime.clock.nowMs();
    const first = Array.from({ length: 110 }, () => pool.choose(now, undefined, undefined)?.address);
    expect(first.filter((address) => address === 'b')).toHaveLength(10);
  });

  it('that leaves a version out forgets its pool', () => {
    const { table, poolOf } = tableOf();
    poolOf(['a'], OUTLIERS);
    table.keepOnly(new Set());
    expect(table.totals()).toEqual([]);
  });
});

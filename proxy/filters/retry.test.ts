import { describe, expect, it } from 'vitest';
import { Retry } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import type { AttemptFailure, ServiceLoad } from '../plan/plan.ts';
import { exchangeOf, routeContext, V1, V2 } from '../testing/exchange.ts';
import { heldRuntime } from '../testing/runtime.ts';
import { retry } from './retry.ts';

const runtime = heldRuntime(3);

type Ask = (exchange: Exchange, failure: AttemptFailure, status?: number) => boolean;

function policy(
  spec: Record<string, unknown> | undefined,
  load: ServiceLoad = { inFlight: 1, retriesInFlight: 0 },
): Ask {
  const rule = spec === undefined ? {} : { retry: Retry.parse(spec) };
  const { failure } = retry.build(routeContext(runtime, { rule, load }));
  return (exchange, how, status = 0) => failure?.(exchange, how, status) ?? false;
}

const get = (): Exchange => exchangeOf(runtime, 'GET /');
const post = (): Exchange => exchangeOf(runtime, 'POST /');

describe('the conditions', () => {
  const failures: [AttemptFailure, number][] = [
    ['status', 500],
    ['status', 502],
    ['status', 503],
    ['status', 504],
    ['status', 505],
    ['reset', 0],
    ['malformed', 0],
    ['connect', 0],
    ['timeout', 0],
    ['no-endpoint', 0],
    ['overflow', 0],
  ];
  it.each([
    ['5xx', ['500', '502', '503', '504', '505', 'reset', 'malformed', 'connect', 'timeout', 'no-endpoint']],
    ['gateway-error', ['502', '503', '504']],
    ['reset', ['reset', 'malformed']],
    ['connect-failure', ['connect']],
    ['timeout', ['timeout']],
  ])('%s takes %s', (on, expected) => {
    const ask = policy({ on: [on] });
    const taken = failures.filter(([failure, status]) => ask(get(), failure, status));
    expect(taken.map(([failure, status]) => (failure === 'status' ? String(status) : failure))).toEqual(expected);
  });

  it('take the statuses that are named beside them', () => {
    const ask = policy({ on: ['gateway-error'], statuses: [409, 500] });
    expect([409, 425, 500, 501, 503].filter((status) => ask(get(), 'status', status))).toEqual([409, 500, 503]);
    expect(ask(post(), 'status', 409)).toBe(false); // it may have been processed
  });

  it('do nothing without a policy', () => {
    expect(failures.some(([failure, status]) => policy(undefined)(get(), failure, status))).toBe(false);
  });
});

describe('what is safe to repeat', () => {
  const ask = policy({ on: ['5xx'], attempts: 1 });

  it('is an idempotent request whose body is here whole', () => {
    expect(ask(get(), 'reset')).toBe(true);
    const streamed = exchangeOf(runtime, 'PUT /', 'content-length: 5');
    expect(ask(streamed, 'reset')).toBe(false); // not complete
    streamed.downstream.body.feed(Buffer.from('12345'), 0);
    streamed.downstream.body.takeFramed();
    expect(ask(streamed, 'reset')).toBe(false); // complete, but given away
    const held = exchangeOf(runtime, 'PUT /', 'content-length: 5');
    held.downstream.body.feed(Buffer.from('12345'), 0);
    expect(ask(held, 'reset')).toBe(true);
  });

  it('is any request that never left', () => {
    expect(ask(post(), 'connect')).toBe(true);
    for (const failure of ['reset', 'timeout', 'malformed', 'status'] as const)
      expect(ask(post(), failure, 503)).toBe(false);
  });

  it('is not a tunnel', () => {
    const tunnel = get();
    tunnel.downstream.tunnel = 'websocket';
    expect(ask(tunnel, 'connect')).toBe(false);
  });
});

describe('the number of attempts', () => {
  it('is what the policy says, beyond the first', () => {
    const ask = policy({ on: ['5xx'], attempts: 3 });
    const exchange = get();
    expect([1, 2, 3, 4].map(() => ask(exchange, 'reset'))).toEqual([true, true, true, false]);
    expect(exchange.retries).toBe(3);
  });
});

describe('the budget', () => {
  it('allows a share of the requests in flight, and a few always', () => {
    const load = { inFlight: 50, retriesInFlight: 9 };
    const ask = policy({ on: ['5xx'], budget: { percent: 20, minConcurrent: 0 } }, load);
    expect(ask(get(), 'reset')).toBe(true);
    load.retriesInFlight = 10;
    expect(ask(get(), 'reset')).toBe(false);
    const few = policy({ on: ['5xx'], budget: { percent: 0, minConcurrent: 3 } }, load);
    expect(few(get(), 'reset')).toBe(false);
    load.retriesInFlight = 2;
    expect(few(get(), 'reset')).toBe(true);
    expect(
      policy({ on: ['5xx'], budget: { percent: 0, minConcurrent: 0 } }, { inFlight: 100, retriesInFlight: 0 })(
        get(),
        'reset',
      ),
    ).toBe(false);
  });

  it('counts a request once, however often it is retried', () => {
    const load = { inFlight: 10, retriesInFlight: 0 };
    const ask = policy({ on: ['5xx'], attempts: 5, budget: { percent: 10, minConcurrent: 0 } }, load);
    const exchange = get();
    expect(ask(exchange, 'reset')).toBe(true);
    load.retriesInFlight = 1; // the exchange counts itself where it knows its route
    expect(ask(exchange, 'reset')).toBe(true);
    expect(ask(get(), 'reset')).toBe(false);
  });
});

describe('the back-off', () => {
  it('lies between 0 and the base doubled with each retry, at most ten times the base', () => {
    const ask = policy({ on: ['5xx'], attempts: 8, backoff: '100ms', budget: { minConcurrent: 1_000 } });
    const ceilings = [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000];
    const longest = ceilings.map(() => 0);
    for (let i = 0; i < 400; i++) {
      const exchange = get();
      let waitedMs = 0;
      exchange.retryUsed = (_, backoffMs) => {
        exchange.retries++;
        exchange.retrying = true;
        waitedMs = backoffMs;
      };
      for (const [k, ceiling] of ceilings.entries()) {
        ask(exchange, 'reset');
        expect(waitedMs).toBeGreaterThanOrEqual(0);
        expect(waitedMs).toBeLessThan(ceiling);
        longest[k] = Math.max(longest[k] ?? 0, waitedMs);
      }
    }
    for (const [k, ceiling] of ceilings.entries()) expect(longest[k]).toBeGreaterThan(ceiling * 0.95);
  });
});

describe('Retry-After', () => {
  const waited = (spec: Record<string, unknown>, retryAfter: string, failure: AttemptFailure = 'status'): number => {
    const exchange = get();
    exchange.retryAfter = retryAfter;
    let waitMs = -1;
    exchange.retryUsed = (_, backoffMs) => void (waitMs = backoffMs);
    policy({ on: ['5xx'], backoff: '1ms', ...spec })(exchange, failure, 503);
    return waitMs;
  };

  it('is waited for where the policy says so, and up to half as long again', () => {
    const waits = Array.from({ length: 300 }, () => waited({ maxRetryAfter: '3s' }, '2'));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2_000);
    expect(Math.max(...waits)).toBeLessThan(3_000);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(900);
  });

  it('that is longer than the policy waits is no retry', () => {
    expect(waited({ maxRetryAfter: '3s' }, '4')).toBe(-1);
  });

  it.each([
    [{}, '2', 'status'],
    [{ maxRetryAfter: '3s' }, 'Fri, 31 Dec 1999 23:59:59 GMT', 'status'],
    [{ maxRetryAfter: '3s' }, '2', 'reset'],
  ] as const)('means nothing with %j, "%s" and a %s', (spec, value, failure) => {
    expect(waited(spec, value, failure)).toBeLessThan(1);
    expect(waited(spec, value, failure)).toBeGreaterThanOrEqual(0);
  });
});

describe('the limit of one attempt', () => {
  it('holds for the first attempt; under the shield the shorter one does', () => {
    const rule = { retry: Retry.parse({ perTryTimeout: '400ms' }) };
    const { request } = retry.build(routeContext(runtime, { rule }));
    for (const [before, after] of [
      [0, 400],
      [300, 300],
      [900, 400],
    ] as const) {
      const exchange = get();
      exchange.perTryTimeoutMs = before;
      request?.(exchange);
      expect(exchange.perTryTimeoutMs).toBe(after);
    }
    expect(retry.build(routeContext(runtime, { rule: { retry: Retry.parse({}) } })).request).toBeUndefined();
  });
});

describe('the shield', () => {
  const shielded = (line: string): Exchange => {
    const exchange = exchangeOf(runtime, line);
    exchange.version = V2;
    exchange.shieldVersion = V1;
    exchange.perTryTimeoutMs = 500;
    return exchange;
  };

  it('moves a failed request to the baseline, once, outside policy and budget', () => {
    const ask = policy(undefined);
    const exchange = shielded('GET /');
    expect(ask(exchange, 'status', 500)).toBe(true);
    expect([
      exchange.version,
      exchange.shieldVersion,
      exchange.perTryTimeoutMs,
      exchange.retries,
      exchange.shielded,
    ]).toEqual([V1, undefined, 0, 0, true]);
    expect(ask(exchange, 'status', 500)).toBe(false);
  });

  it('leaves the baseline the limit of the policy', () => {
    const exchange = shielded('GET /');
    policy({ perTryTimeout: '700ms' })(exchange, 'timeout');
    expect(exchange.perTryTimeoutMs).toBe(700);
  });

  it('does not repeat what is not safe to repeat', () => {
    const exchange = shielded('POST /');
    expect(policy(undefined)(exchange, 'status', 500)).toBe(false);
    expect([exchange.version, exchange.shielded]).toEqual([V2, false]);
  });
});

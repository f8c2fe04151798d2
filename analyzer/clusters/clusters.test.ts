import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, observe, startJudge } from '../sequential/judge.ts';
import { seeded } from '../simulation/random.ts';
import { clustersOf } from './cluster-evidence.ts';
import { ENDPOINT_FACTOR, isWithinFairShare, startFairShare } from './fair-share.ts';
import { addOrigins, NO_CLUSTERS } from './origins.ts';
import type { Origin } from './origins.ts';
import { unevenness } from './uneven.ts';

const endpoints = (...origins: Origin[]) => ({ clients: [], endpoints: origins });
const names = Array.from({ length: 9 }, (_, i) => `10.0.0.${i}:80`);

describe('fair shares of counts', () => {
  it('let one endpoint of nine add one error, and all of them add all', () => {
    const one = addOrigins(NO_CLUSTERS, endpoints(...names.map((n, i): Origin => [n, 100, i === 0 ? 100 : 0])));
    expect(one.endpoints).toMatchObject({ requests: 900, errors: 1, leftOut: 99 });
    const all = addOrigins(NO_CLUSTERS, endpoints(...names.map((n): Origin => [n, 100, 50])));
    expect(all.endpoints).toMatchObject({ errors: 450, leftOut: 0 });
  });

  it('never cut a group with half of the requests', () => {
    const two = addOrigins(NO_CLUSTERS, endpoints(['a', 50, 50], ['b', 50, 0]));
    expect(two.endpoints.leftOut).toBe(0);
  });

  it('take several proxies that tell of one endpoint for one endpoint', () => {
    const told = addOrigins(NO_CLUSTERS, endpoints(['a', 5, 5], ['b', 45, 0], ['c', 45, 0], ['a', 5, 5]));
    expect(told.endpoints.groups['a']).toEqual({ requests: 10, failed: 10, errors: 1 });
    expect(told.endpoints.leftOut).toBe(9);
  });

  it('count at least what one request after the other would count, and lose none', () => {
    const error = fc.record({ group: fc.integer({ min: 1, max: 6 }), failed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(error, { maxLength: 200 }), (requests) => {
        const share = startFairShare(ENDPOINT_FACTOR);
        let clusters = NO_CLUSTERS;
        for (const { group, failed } of requests) {
          isWithinFairShare(share, group, failed);
          clusters = addOrigins(clusters, endpoints([String(group), 1, failed ? 1 : 0]));
        }
        const { errors, leftOut } = clusters.endpoints;
        expect([errors, leftOut]).toEqual([share.errors, share.leftOut]);
        expect(errors + leftOut).toBe(requests.filter((r) => r.failed).length);
      }),
    );
  });
});

describe('the live judge', () => {
  const config = { alpha: 0.01, metrics: [{ name: 'success-rate', margin: 0.005 }] } as const;

  /** Reports of a hundred requests; of the candidate's, an endpoint of nine serves each. */
  function judged(failing: (endpoint: number) => number, reports = 200, isTold = true) {
    const random = seeded(5);
    let state = startJudge(config, { latency: [] });
    for (let i = 0; i < reports; i++) {
      const origins = names.map((name, at): Origin => {
        const requests = 10;
        const errors = Array.from({ length: requests }).filter(() => random() < failing(at)).length;
        return [name, requests, errors];
      });
      const errors = origins.reduce((sum, [, , n]) => sum + n, 0);
      state = observe(state, {
        candidatePpm: 100_000,
        baseline: { requests: 810, errors: i % 2, latency: [] },
        candidate: { requests: 90, errors, latency: [] },
        judgeLatency: false,
        ...(isTold ? { origins: endpoints(...origins) } : {}),
      });
    }
    return judge(state);
  }

  it('does not fail a version for one bad endpoint of nine, nor pass it, and names the endpoint', () => {
    const judgement = judged((at) => (at === 3 ? 1 : 0.0005));
    expect(judgement.verdict).toBe('PENDING');
    expect(judgement.metrics[0]?.uneven).toMatchObject({ worst: '10.0.0.3:80', endpoints: 9 });
    expect(judgement.metrics[0]?.clustered?.endpoint).toBeGreaterThan(1_900);
    expect(judgement.metrics[0]?.missingCandidateRequests ?? Infinity).toBeGreaterThan(5_000);
    expect(judgement.reason).toMatch(/errors of few endpoints left out; \d+ of [\d,]+ errors come from 10\.0\.0\.3:80/);
    expect(judged((at) => (at === 3 ? 1 : 0.0005), 200, false).verdict).toBe('FAIL');
  });

  it('fails a version whose endpoints all fail, as fast as without the names', () => {
    const bad = judged(() => 0.5, 1);
    expect(bad.verdict).toBe('FAIL');
    expect(bad.metrics[0]?.uneven).toBeUndefined();
    expect(bad.metrics[0]?.clustered).toBeUndefined();
  });

  it('survives a checkpoint of a version that knew no clusters', () => {
    const { clusters: _, ...old } = startJudge(config, { latency: [] });
    const next = observe(old, {
      candidatePpm: 100_000,
      baseline: { requests: 9, errors: 0, latency: [] },
      candidate: { requests: 1, errors: 0, latency: [] },
      judgeLatency: false,
    });
    expect(judge(next).verdict).toBe('PENDING');
    expect(judge(old).verdict).toBe('PENDING');
  });
});

describe('the variance between endpoints', () => {
  it('says nothing of errors that fall by chance, in 2,000 draws', () => {
    const random = seeded(11);
    let warned = 0;
    for (let run = 0; run < 2_000; run++) {
      const shares = names.map((name) => {
        const failed = Array.from({ length: 100 }).filter(() => random() < 0.05).length;
        return [name, { requests: 100, failed }] as const;
      });
      if (unevenness(shares)) warned++;
    }
    expect(warned).toBeLessThanOrEqual(3);
  });

  it('is large where one endpoint has most of the errors', () => {
    const found = unevenness([
      ['a', { requests: 100, failed: 30 }],
      ['b', { requests: 100, failed: 1 }],
      ['c', { requests: 100, failed: 2 }],
    ]);
    expect(found).toMatchObject({ worst: 'a', errors: 30, allErrors: 33, endpoints: 3 });
    expect(found?.dispersion).toBeGreaterThan(10);
  });

  it('needs two endpoints and some errors, and takes a version that fails throughout for even', () => {
    expect(unevenness([['a', { requests: 9, failed: 9 }]])).toBeUndefined();
    expect(
      unevenness([
        ['a', { requests: 9, failed: 5 }],
        ['b', { requests: 9, failed: 0 }],
      ]),
    ).toBeUndefined();
    expect(
      unevenness([
        ['a', { requests: 9, failed: 9 }],
        ['b', { requests: 9, failed: 9 }],
      ]),
    ).toBeUndefined();
    expect(clustersOf(NO_CLUSTERS)).toEqual({});
  });
});

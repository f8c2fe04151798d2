import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf } from '../../contracts/histogram.ts';
import { CLIENT_FACTOR, isWithinFairShare, startFairShare } from '../clusters/fair-share.ts';
import { judge, observe, startJudge } from '../sequential/judge.ts';
import type { JudgeConfig } from '../sequential/judge.ts';
import { seeded } from '../simulation/random.ts';
import type { Random } from '../simulation/random.ts';
import { lognormal } from '../simulation/traffic.ts';
import { parseLine } from './parse-line.ts';
import { fillLine, newLine } from './recorded-request.ts';
import { startRequestJudge } from './request-judge.ts';
import type { RecordedRequest } from './request-judge.ts';

const errors = { name: 'success-rate', margin: 0.005 } as const;
const latency = { name: 'latency', quantile: 0.99, tolerance: 0.1 } as const;
const both: JudgeConfig = { alpha: 0.01, metrics: [errors, latency] };
const onlyErrors: JudgeConfig = { alpha: 0.01, metrics: [errors] };

type Model = {
  share: number;
  baseline: number;
  candidate: number;
  slower?: number;
  extra?: (random: Random) => object;
};

function record(seed: number, count: number, model: Model): RecordedRequest[] {
  const random = seeded(seed);
  const usual = lognormal(20, 0.3);
  return Array.from({ length: count }, (_, i) => {
    const isCandidate = random() < model.share;
    const failed = random() < (isCandidate ? model.candidate : model.baseline);
    const ms = (usual(random) / 1000) * (isCandidate ? (model.slower ?? 1) : 1);
    return {
      t: i * 5,
      arm: isCandidate ? 'candidate' : 'baseline',
      status: failed ? 503 : 200,
      latencyMs: Number(ms.toFixed(2)),
      share: model.share,
      ...model.extra?.(random),
    };
  });
}

function judgeAll(config: JudgeConfig, requests: readonly RecordedRequest[]) {
  const recording = startRequestJudge(config);
  for (const request of requests) recording.take(request);
  return recording.end();
}

/** The live judge, looking after every request. */
function judgeLive(config: JudgeConfig, requests: readonly RecordedRequest[]) {
  let state = startJudge(config, { latency: [] });
  const none = { requests: 0, errors: 0, latency: [] };
  const threshold = Math.log(config.metrics.length / config.alpha);
  let passed: number | null = null;
  for (const [i, r] of requests.entries()) {
    const bucket = bucketOf(Math.round((r.latencyMs ?? 0) * 1000));
    const one = { requests: 1, errors: r.status >= 500 ? 1 : 0, latency: [[bucket, 1]] as [number, number][] };
    const ppm = Math.round((r.share ?? 0) * 1e6);
    const arms = r.arm === 'candidate' ? { baseline: none, candidate: one } : { baseline: one, candidate: none };
    state = observe(state, { candidatePpm: ppm, ...arms, judgeLatency: true });
    if (state.metrics.some((m) => m.levels.regressed.peak >= threshold)) return { verdict: 'FAIL', requests: i + 1 };
    if (passed === null && state.metrics.every((m) => m.levels.safe.peak >= threshold)) passed = i + 1;
  }
  return passed === null ? { verdict: judge(state).verdict, requests: null } : { verdict: 'PASS', requests: passed };
}

describe('the judge of recorded requests', () => {
  it.each([
    ['errors', { share: 0.1, baseline: 0.001, candidate: 0.2 }],
    ['slowness', { share: 0.3, baseline: 0.001, candidate: 0.001, slower: 1.3 }],
    ['nothing', { share: 0.5, baseline: 0.01, candidate: 0.01 }],
  ])('decides with the request with which the live judge would: %s', (_, model) => {
    for (let seed = 0; seed < 4; seed++) {
      const requests = record(seed, 6_000, model);
      const live = judgeLive(both, requests);
      const recorded = judgeAll(both, requests);
      expect(recorded.verdict).toBe(live.verdict);
      expect(recorded.decidedAt?.requests ?? null).toBe(live.requests);
    }
  });

  it('has the same evidence from bytes, cut anywhere, as from objects', () => {
    const requests = record(9, 800, { share: 0.2, baseline: 0.02, candidate: 0.03 });
    const bytes = new TextEncoder().encode(requests.map((r) => JSON.stringify(r)).join('\n'));
    const whole = judgeAll(both, requests);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 997 }), (size) => {
        const recording = startRequestJudge(both);
        for (let i = 0; i < bytes.length; i += size) recording.push(bytes.subarray(i, i + size));
        expect(recording.end()).toEqual(whole);
      }),
      { numRuns: 10 },
    );
  });

  it('hands back the time of the deciding request as it was recorded', () => {
    const requests = record(1, 500, { share: 0.5, baseline: 0, candidate: 1 }).map((r, i) => ({
      ...r,
      t: `2026-01-01T00:00:${i}Z`,
    }));
    const lines = startRequestJudge(onlyErrors);
    lines.push(new TextEncoder().encode(requests.map((r) => `${JSON.stringify(r)}\n`).join('')));
    const { verdict, decidedAt } = lines.end();
    expect(verdict).toBe('FAIL');
    expect(decidedAt?.t).toBe(`2026-01-01T00:00:${(decidedAt?.requests ?? 0) - 1}Z`);
    expect(decidedAt?.candidateRequests).toBeLessThan(20);
  });

  it('does not judge retries: a storm of them changes nothing', () => {
    const calm = record(3, 3_000, { share: 0.1, baseline: 0.02, candidate: 0.02 });
    const storm = calm.flatMap((r) =>
      r.status < 500 ? [r] : [r, ...Array.from({ length: 9 }, (_, i) => ({ ...r, attempt: i + 2 }))],
    );
    const seen = judgeAll(both, storm);
    expect(seen.retries).toBe(storm.length - calm.length);
    expect(seen.judgement).toEqual(judgeAll(both, calm).judgement);
  });

  it('takes the failures of one bad client among many for one piece of evidence', () => {
    const requests = record(4, 4_000, {
      share: 0.1,
      baseline: 0,
      candidate: 0,
      extra: (random) => ({ client: `client-${Math.floor(random() * 100)}` }),
    }) as (RecordedRequest & { client: string })[];
    const bad = requests.map((r) => (r.client === 'client-7' && r.arm === 'candidate' ? { ...r, status: 500 } : r));
    const seen = judgeAll(onlyErrors, bad);
    expect(seen.verdict).not.toBe('FAIL');
    expect(seen.clustered.client).toBeGreaterThan(0);
    expect(
      judgeAll(
        onlyErrors,
        bad.map(({ client: _, ...r }) => r),
      ).verdict,
    ).toBe('FAIL');
  });

  it('still fails a candidate whose failures come from everywhere, or from its only endpoint', () => {
    const many = record(5, 4_000, {
      share: 0.1,
      baseline: 0.001,
      candidate: 0.2,
      extra: (random) => ({
        client: `c${Math.floor(random() * 100)}`,
        endpoint: `10.0.0.${Math.floor(random() * 9)}:80`,
      }),
    });
    expect(judgeAll(onlyErrors, many).verdict).toBe('FAIL');
    const single = record(6, 4_000, {
      share: 0.1,
      baseline: 0.001,
      candidate: 0.2,
      extra: () => ({ client: 'k6', endpoint: 'a:1' }),
    });
    expect(judgeAll(onlyErrors, single).verdict).toBe('FAIL');
  });

  it('does not fail a version for one bad endpoint of five, and says so', () => {
    const requests = record(8, 6_000, {
      share: 0.1,
      baseline: 0.001,
      candidate: 0.001,
      extra: (random) => ({ endpoint: `10.0.0.${Math.floor(random() * 5)}:80` }),
    }) as (RecordedRequest & { endpoint: string })[];
    const bad = requests.map((r) =>
      r.endpoint.startsWith('10.0.0.3') && r.arm === 'candidate' ? { ...r, status: 500 } : r,
    );
    const seen = judgeAll(onlyErrors, bad);
    expect(seen.verdict).toBe('PENDING');
    expect(seen.judgement.metrics[0]?.uneven).toMatchObject({ endpoints: 5, worst: null });
    expect(seen.judgement.reason).toContain('come from one of its 5 endpoints');
    expect(judgeAll(onlyErrors, requests).judgement.metrics[0]?.uneven).toBeUndefined();
  });

  it('counts unreadable lines and goes on', () => {
    const recording = startRequestJudge(onlyErrors);
    recording.push(
      new TextEncoder().encode('{"arm":"candidate","status":500,"share":0.5}\n\nnonsense\n{"arm":"x","status":1}\n'),
    );
    expect(recording.end()).toMatchObject({ lines: 3, requests: 1, unreadable: 2 });
  });

  it('estimates the share from the requests before where the recording has none', () => {
    const requests = record(7, 3_000, { share: 0.3, baseline: 0.01, candidate: 0.3 }).map(({ share: _, ...r }) => r);
    const seen = judgeAll(onlyErrors, requests);
    expect(seen.shareEstimated).toBe(seen.requests);
    expect(seen.verdict).toBe('FAIL');
  });
});

describe('the fast reader of lines', () => {
  const parse = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const line = newLine();
    return parseLine(bytes, 0, bytes.length, line, { at: 0, value: 0 }) ? line : undefined;
  };

  it('reads what JSON.parse reads, or leaves the line to it', () => {
    const value = fc.record(
      {
        t: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer())),
        arm: fc.constantFrom('baseline', 'candidate', 'other'),
        status: fc.oneof(fc.integer({ min: 0, max: 599 }), fc.constant('200')),
        latencyMs: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(10_000), fc.constant(0.125)),
        share: fc.constantFrom(0, 0.1, 0.05, 1, 10, 2.5),
        client: fc.string(),
        endpoint: fc.constantFrom('a:1', 'b:2'),
        attempt: fc.integer({ min: 1, max: 5 }),
        armed: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1), (object, indent) => {
        const text = JSON.stringify(object, null, indent).replaceAll('\n', ' ');
        const fast = parse(text);
        const slow = newLine();
        if (fast) expect([fillLine(slow, JSON.parse(text)), fast]).toEqual([true, slow]);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the usual line by itself', () => {
    expect(
      parse('{"t":1.5,"arm":"candidate","status":503,"latencyMs":12.25,"share":0.1,"client":"x","attempt":2}'),
    ).toMatchObject({
      isCandidate: true,
      isError: true,
      latencyUs: 12_250,
      sharePpm: 100_000,
      attempt: 2,
    });
    for (const odd of [
      '',
      '{',
      '{}',
      '{"arm":"candidate"}',
      '{"arm":"candidate","status":1e2}',
      '{"arm":"candidate","status":200}x',
    ]) {
      expect(parse(odd)).toBeUndefined();
    }
  });
});

describe('fair share', () => {
  it('never holds back a group that has a third of the requests, and forgets rather than grow', () => {
    const share = startFairShare(CLIENT_FACTOR);
    for (let i = 0; i < 300; i++) expect(isWithinFairShare(share, 1 + (i % 3), true)).toBe(true);
    for (let i = 0; i < 50_000; i++) isWithinFairShare(share, i + 10, false);
    expect(share.groups.size).toBeLessThanOrEqual(20_000);
  });
});

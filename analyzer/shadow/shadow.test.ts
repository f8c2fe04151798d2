/** Comparing answers, and what the comparison may claim. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComparedAnswer, ComparisonSample } from '../../contracts/comparison.ts';
import { seeded } from '../simulation/random.ts';
import { compareAnswers } from './difference.ts';
import type { DiffRules } from './difference.ts';
import { differsLogE, discoveryThreshold, excessInterval, safeLogE } from './evidence.ts';
import { judgeShadow } from './judge.ts';
import { pathRule } from './json-path.ts';
import { addSamples, NOTHING_COMPARED } from './table.ts';

const none: DiffRules = { ignored: () => false, unordered: () => false };

function answer(value: unknown, rest: Partial<ComparedAnswer> = {}): ComparedAnswer {
  return { status: 200, headers: {}, body: { kind: 'json', value }, latencyUs: 1_000, ...rest };
}

function differing(left: ComparedAnswer, right: ComparedAnswer, rules = none): string[] {
  return [...compareAnswers(left, right, rules)].flatMap(([path, { differs }]) => [
    ...(differs.value ? [path] : []),
    ...(differs.shape ? [`${path} (shape)`] : []),
  ]);
}

describe('two answers', () => {
  it('that are the same differ nowhere, whatever they hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(differing(answer(value), answer(value))).toEqual([]);
      }),
    );
  });

  it('differ at the same paths, whichever comes first', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(differing(answer(a), answer(b)).sort()).toEqual(differing(answer(b), answer(a)).sort());
      }),
    );
  });

  it('differ somewhere when their JSON differs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [left, right] = [a, b].map((v) => JSON.parse(JSON.stringify(v)) as unknown);
        fc.pre(!sameJson(left, right));
        expect(differing(answer(left), answer(right)).length).toBeGreaterThan(0);
      }),
    );
  });

  it('have lists that are sets where a rule says so, and only there', () => {
    const unordered = { ignored: () => false, unordered: pathRule(['body.tags']) };
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.nat(), (tags, seed) => {
        const random = seeded(seed);
        const shuffled = tags
          .map((tag) => ({ tag, at: random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ tag }) => tag);
        expect(differing(answer({ tags }), answer({ tags: shuffled }), unordered)).toEqual([]);
      }),
    );
    expect(differing(answer({ list: [1, 2] }), answer({ list: [2, 1] }), unordered)).toEqual(['body.list[]']);
  });

  it('differ by status, field, value, type, presence and length, each under its own name', () => {
    const left = answer({ a: 1, b: { c: 'x' }, d: [1], gone: null }, { headers: { etag: 'a', age: '1' } });
    const right = answer({ a: 2, b: { c: 7 }, d: [1, 2] }, { status: 500, headers: { etag: 'b' } });
    expect(differing(left, right).sort()).toEqual(
      [
        'body.a',
        'body.b.c (shape)',
        'body.d (shape)',
        'body.gone (shape)',
        'headers.age (shape)',
        'headers.etag',
        'status',
      ].sort(),
    );
  });

  it('are not looked into where nobody answered', () => {
    expect(differing(answer({ a: 1 }), answer({ b: 1 }, { status: 0 }))).toEqual(['status']);
  });

  it('share one name for members whose names are data', () => {
    const users = (score: number) => answer({ users: { 17: { score }, 18: { score } } });
    expect(differing(users(1), users(2))).toEqual(['body.users.*.score']);
    const byMail = (score: number) => answer({ users: { 'ada@example.com': score, 'bob@example.com': 1 } });
    expect(differing(byMail(1), byMail(2))).toEqual(['body.users.*']);
  });
});

function sameJson(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

describe('a rule', () => {
  it('names a part and what is below it, not what merely begins alike', () => {
    const rule = pathRule(['body.meta', 'headers.x-*', 'body.items[].id', 'body.users.*.seen']);
    for (const path of [
      'body.meta',
      'body.meta.at',
      'body.meta[]',
      'headers.x-id',
      'body.items[].id',
      'body.users.a.seen',
    ])
      expect(rule(path), path).toBe(true);
    for (const path of ['body.metadata', 'body', 'headers.etag', 'body.items[].idea', 'body.users.a.b.seen'])
      expect(rule(path), path).toBe(false);
  });

  it('silences all below it', () => {
    const rules = { ignored: pathRule(['body.a', 'headers']), unordered: () => false };
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (x, y) => {
        const [left, right] = [x, y].map((a) => answer({ a, b: 1 }, { headers: { h: JSON.stringify(a) } }));
        if (left && right) expect(differing(left, right, rules)).toEqual([]);
      }),
    );
  });
});

/** The mean of an e-value over all outcomes of n pairs, where X = 1, -1, 0 have these chances. */
function mean(n: number, up: number, down: number, logE: (candidateOnly: number, againOnly: number) => number): number {
  let sum = 0;
  for (let b = 0; b <= n; b++)
    for (let c = 0; b + c <= n; c++) {
      const ways = binomial(n, b) * binomial(n - b, c);
      sum += ways * up ** b * down ** c * (1 - up - down) ** (n - b - c) * Math.exp(logE(b, c));
    }
  return sum;
}

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 0; i < k; i++) ways = (ways * (n - i)) / (i + 1);
  return ways;
}

describe('the e-values', () => {
  it('of "differs" are at most 1 in the mean where neither answer differs more often', () => {
    for (const share of [0, 0.01, 0.2, 0.5]) {
      const atMost = mean(30, share, share, (candidateOnly, againOnly) => differsLogE({ candidateOnly, againOnly }));
      expect(atMost).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('of "safe" are at most 1 in the mean where the excess is the margin or more', () => {
    for (const [up, down] of [
      [0.05, 0],
      [0.3, 0.25],
      [0.52, 0.47],
      [0.2, 0],
    ] as const) {
      const atMost = mean(30, up, down, (candidateOnly, againOnly) =>
        safeLogE({ pairs: 30, candidateOnly, againOnly }, 0.05),
      );
      expect(atMost).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('grow with the candidate-only differences and shrink with the others', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (candidateOnly, againOnly) => {
        const here = differsLogE({ candidateOnly, againOnly });
        expect(differsLogE({ candidateOnly: candidateOnly + 1, againOnly })).toBeGreaterThan(here);
        expect(differsLogE({ candidateOnly, againOnly: againOnly + 1 })).toBeLessThan(here);
      }),
    );
  });

  it('give an interval around the excess that was seen', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(2_000), (candidateOnly, againOnly, neither) => {
        const pairs = candidateOnly + againOnly + neither;
        fc.pre(pairs > 0);
        const [low, high] = excessInterval({ pairs, candidateOnly, againOnly }, 0.05);
        const excess = (candidateOnly - againOnly) / pairs;
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(low).toBeLessThanOrEqual(excess + 1e-9);
        expect(high).toBeGreaterThanOrEqual(excess - 1e-9);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('e-BH', () => {
  it('is the largest k whose k-th e-value reaches m / (alpha k)', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 12 }), (values) => {
        const m = values.length;
        const threshold = Math.exp(discoveryThreshold(values.map(Math.log), 0.05));
        const found = values.filter((e) => e >= threshold * (1 - 1e-12)).length;
        for (let k = found + 1; k <= m; k++) expect(values.filter((e) => e >= m / (0.05 * k)).length).toBeLessThan(k);
        if (found > 0) expect(values.filter((e) => e >= (m / (0.05 * found)) * (1 - 1e-12)).length).toBe(found);
      }),
    );
  });
});

const RULES = { alpha: 0.05, margin: 0.01, noisyMargin: 0.1, tolerance: 0.25, learn: 100, ...none };

type Versions = { readonly baseline: (i: number) => unknown; readonly candidate: (i: number) => unknown };

function sampleOf(i: number, { baseline, candidate }: Versions): ComparisonSample {
  const of = { experimentId: 'x', epoch: 1, method: 'GET', path: `/things/${i}` };
  return { ...of, baseline: answer(baseline(i)), candidate: answer(candidate(i)), again: answer(baseline(i)) };
}

function judged(count: number, versions: Versions) {
  const samples = Array.from({ length: count }, (_, i) => sampleOf(i, versions));
  return judgeShadow(addSamples(NOTHING_COMPARED, samples, RULES), RULES);
}

describe('the verdict', () => {
  it('is PENDING while the noise is learnt, and with too few answers', () => {
    const same = { baseline: (i: number) => ({ i }), candidate: (i: number) => ({ i }) };
    expect(judged(50, same)).toMatchObject({ verdict: 'PENDING', metrics: [] });
    expect(judged(150, same).verdict).toBe('PENDING');
  });

  it('is PASS when enough answers were the same, noise or not', () => {
    const random = seeded(1);
    const noisy = (i: number) => ({ i, at: random(), list: random() < 0.5 ? ['a', 'b'] : ['b', 'a'] });
    expect(judged(1_500, { baseline: noisy, candidate: noisy })).toMatchObject({ verdict: 'PASS' });
  });

  it('is FAIL with the field, its counts and examples', () => {
    const { verdict, reason, differences } = judged(400, {
      baseline: (i) => ({ i, price: 10 }),
      candidate: (i) => ({ i, price: i % 10 === 0 ? 11 : 10 }),
    });
    expect(verdict).toBe('FAIL');
    expect(reason).toMatch(/^body\.price differs in 10 % of 300 answers, in 0 % by itself/);
    expect(differences?.[0]).toMatchObject({
      path: 'body.price',
      verdict: 'FAIL',
      candidateOnly: 30,
      againOnly: 0,
      noise: 0,
      examples: [
        { request: 'GET /things/100', baseline: '10', candidate: '11' },
        { request: 'GET /things/110', baseline: '10', candidate: '11' },
        { request: 'GET /things/120', baseline: '10', candidate: '11' },
      ],
    });
  });

  it('sees that a field is gone whose value always differs', () => {
    const random = seeded(2);
    const { differences } = judged(200, { baseline: () => ({ at: random() }), candidate: () => ({}) });
    expect(differences?.[0]).toMatchObject({ path: 'body.at (shape)', verdict: 'FAIL' });
  });

  it('of answers that come much later is FAIL too', () => {
    const slow = Array.from({ length: 200 }, (_, i) => {
      const sample = sampleOf(i, { baseline: () => 1, candidate: () => 1 });
      return { ...sample, candidate: { ...sample.candidate, latencyUs: 2_000 } };
    });
    const { verdict, metrics } = judgeShadow(addSamples(NOTHING_COMPARED, slow, RULES), RULES);
    expect(verdict).toBe('FAIL');
    expect(metrics.map((m) => [m.name, m.verdict])).toEqual([
      ['answers', 'PENDING'],
      ['latency p50', 'FAIL'],
    ]);
  });
});

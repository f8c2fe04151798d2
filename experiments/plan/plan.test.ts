import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../contracts/parse.ts';
import type { CanaryDocument } from '../../contracts/document.ts';
import type { ServiceView } from '../../contracts/live.ts';
import { lognormal } from '../../analyzer/simulation/traffic.ts';
import { altered, modelledArm } from '../simulation/arm.ts';
import { simulate } from '../simulation/simulate.ts';
import { timeToEvidence } from './evidence-time.ts';
import { planCanary } from './plan.ts';
import { refusalsOf } from './refusals.ts';

function canary(spec: Record<string, unknown> = {}): CanaryDocument {
  const checked = checkDocument({
    apiVersion: 'meshproof.dev/v1',
    kind: 'Canary',
    metadata: { name: 'reviews-v2' },
    spec: { service: 'reviews', baseline: 'v1', candidate: 'v2', ...spec },
  });
  if (!checked.ok || checked.document.kind !== 'Canary') throw new Error(JSON.stringify(checked));
  return checked.document;
}

const traffic = { perMinute: 6_000, baselineErrors: 0.001, latencySigma: 0.5 };

describe('a plan', () => {
  it('says what is touched and for how long', () => {
    const plan = planCanary(
      canary({ steps: [{ weight: 1 }, { weight: 10, hold: '60s' }], watch: { for: '20s' } }),
      traffic,
    );
    expect(plan.steps).toEqual([
      { weightPpm: 10_000, holdMs: 30_000, candidatePerMinute: 60 },
      { weightPpm: 100_000, holdMs: 60_000, candidatePerMinute: 600 },
    ]);
    // 10 s measured, 30 s and 60 s held (10 min at the most), 20 s watched
    expect(plan.durationMs).toEqual({ least: 120_000, most: 660_000 });
    expect(plan).toMatchObject({ maxSharePpm: 100_000, match: null, service: 'reviews' });
  });

  it('counts the requests that a step waits for, and the shorter way of an early promotion', () => {
    const steps = [{ weight: 1 }, { weight: 10 }, { weight: 50 }];
    const plan = planCanary(canary({ steps, hold: { requests: 600 }, watch: { for: '20s' } }), traffic);
    // 60 a minute at 1 %: 600 take 10 min; at 10 % a minute; the last step waits for the verdict
    expect(plan.steps.map((step) => step.holdMs)).toEqual([600_000, 60_000, 30_000]);
    const early = (spec: object) =>
      planCanary(canary({ steps, earlyPromotion: true, watch: { for: '20s' }, ...spec }), traffic);
    // 10 s measured, 30 s at the first step, 20 s watched
    expect(early({})).toMatchObject({ early: true, durationMs: { least: 60_000 } });
    expect(early({ steps: [{ weight: 1 }, { weight: 50, approval: true }] }).early).toBe(false);
  });

  it('is never longer than the deadline and the watch', () => {
    const plan = planCanary(canary({ deadline: '1m', watch: { for: '20s' } }), traffic);
    expect(plan.durationMs).toEqual({ least: 80_000, most: 80_000 });
  });

  it('asks of each metric what it would find', () => {
    const { power } = planCanary(canary(), traffic);
    expect(power.map((row) => `${row.metric}: ${row.question} ${row.verdict}`)).toEqual([
      'success-rate: +5 pp errors FAIL',
      'success-rate: +1 pp errors FAIL',
      'success-rate: no difference PASS',
      'latency p99: +10 % latency FAIL',
      'latency p99: +25 % latency FAIL',
      'latency p99: no difference PASS',
    ]);
    const [five, one] = power;
    expect(five?.afterMs).toBeLessThan(one?.afterMs ?? 0);
  });

  it('warns when the traffic does not suffice, is unknown, or is none', () => {
    const warnings = (perMinute: number | null) => planCanary(canary(), { ...traffic, perMinute }).warnings.join('\n');
    expect(warnings(1)).toContain('success-rate: a candidate as good as the baseline would not PASS');
    expect(warnings(1)).toContain('the first step sends less than one request to v2 in 30s');
    expect(warnings(null)).toContain('the traffic is not known');
    expect(warnings(0)).toContain('no traffic');
    expect(warnings(600_000)).toBe('');
  });

  it('can be made of a baseline without any error', () => {
    const { power } = planCanary(canary(), { ...traffic, baselineErrors: 0 });
    expect(power.slice(0, 3).every((row) => (row.candidateRequests ?? 0) > 0)).toBe(true);
  });
});

describe('the time of a PASS', () => {
  const passAfter = (spec: object) =>
    planCanary(canary({ hold: { min: '5m' }, steps: [{ weight: 10 }, { weight: 50 }], ...spec }), traffic).power.find(
      (row) => row.metric === 'success-rate' && row.verdict === 'PASS',
    )?.afterMs;

  it('is the end of the last step, or of an earlier one that it may be promoted from', () => {
    expect(passAfter({})).toBe(600_000);
    expect(passAfter({ earlyPromotion: true })).toBe(300_000);
    expect(passAfter({ earlyPromotion: true, steps: [{ weight: 10 }, { weight: 50, approval: true }] })).toBe(600_000);
  });
});

describe('what a plan says of time and requests', () => {
  const good = modelledArm(0.001, lognormal(20, 0.5));
  const of = (question: string) =>
    question === 'no difference'
      ? good
      : question.endsWith('errors')
        ? altered(good, 0.001 + Number.parseFloat(question) / 100, 1)
        : altered(good, undefined, 1 + Number.parseFloat(question) / 100);

  it.each([
    ['the default steps', { hold: { min: '20s', max: '10m' } }, 6_000],
    ['little traffic', { hold: { min: '1m', max: '30m' } }, 1_200],
    [
      'three arms',
      {
        freshBaseline: 'v1-fresh',
        steps: [
          { weight: 5, hold: '1m' },
          { weight: 25, hold: '2m' },
        ],
      },
      6_000,
    ],
  ])('is near the median of simulated lives: %s', (_, spec, perMinute) => {
    const guards = { errors: false, throughput: false, saturation: false, sampleRatio: false };
    for (const metric of [
      { name: 'success-rate', margin: 1 },
      { name: 'latency', quantile: 0.9, tolerance: '20%' },
    ]) {
      const document = canary({ ...spec, deadline: '5h', analysis: { metrics: [metric], guards } });
      for (const row of planCanary(document, { ...traffic, perMinute }).power) {
        const arms = { baseline: good, candidate: of(row.question) };
        const lives = simulate(document, arms, { perMinute, runs: 5, seed: 1 });
        expect(lives.verdicts[row.verdict]).toBeGreaterThan(3);
        const ratio = (row.afterMs ?? NaN) / (lives.verdictAfterMs?.median ?? NaN);
        expect(`${row.question} ${ratio > 0.5 && ratio < 2 ? 'near' : ratio}`).toBe(`${row.question} near`);
      }
    }
  });
});

describe('the time to evidence', () => {
  const steps = [
    { weightPpm: 10_000, holdMs: 60_000, candidatePerMinute: 50 },
    { weightPpm: 500_000, holdMs: 60_000, candidatePerMinute: 100 },
  ];

  it('adds up over the steps', () => {
    // half of it in the first minute, the other half takes 50 of the next step's 100 a minute
    expect(timeToEvidence(steps, 0, () => 100)).toEqual({ afterMs: 90_000, candidateRequests: 100 });
  });

  it('is unknown when the steps end before', () => {
    expect(timeToEvidence(steps, 0, () => 151)).toBeNull();
    expect(timeToEvidence(steps, 60_000, () => 151)).not.toBeNull();
    expect(timeToEvidence(steps, 60_000, () => null)).toBeNull();
  });
});

describe('refusals', () => {
  const service = {
    name: 'reviews',
    stable: 'v1',
    versions: [{ name: 'v1' }, { name: 'v2' }],
  } as unknown as ServiceView;

  it('are those of the control plane', () => {
    expect(refusalsOf(canary(), [service], [])).toEqual([]);
    expect(refusalsOf(canary(), [], [])).toEqual(['there is no Service "reviews"; apply it first']);
    expect(refusalsOf(canary({ candidate: 'v3' }), [service], [])).toEqual(['Service "reviews" has no version "v3"']);
    expect(refusalsOf(canary({ baseline: 'v2', candidate: 'v1' }), [service], [])).toEqual([
      'the stable version is v1, and the baseline is v2',
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argoMetricError, assessArgoMetric } from './argo.ts';
import type { ArgoMetric, ArgoResult } from './argo.ts';
import { advanceFlagger, flaggerCheck, FLAGGER_START, flaggerWeights } from './flagger.ts';

const result = (over: Partial<ArgoResult>): ArgoResult => ({
  measurements: 5,
  inFlight: false,
  count: 5,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  consecutiveError: 0,
  consecutiveSuccess: 0,
  ...over,
});
const often: ArgoMetric = { interval: '30s' };

describe("Argo's phases", () => {
  it('take one failure more than the limit', () => {
    expect(assessArgoMetric({ ...often, failureLimit: 2 }, result({ failed: 2 }), false)).toBe('Running');
    expect(assessArgoMetric({ ...often, failureLimit: 2 }, result({ failed: 3 }), false)).toBe('Failed');
  });

  it('call a run that never measured a success when it is ended', () => {
    expect(assessArgoMetric(often, result({ measurements: 0, count: 0 }), true)).toBe('Successful');
    expect(assessArgoMetric(often, result({ measurements: 0, count: 0 }), false)).toBe('Pending');
  });

  it('let failure win over success, and a missing success be inconclusive', () => {
    const metric = { ...often, failureLimit: 1, consecutiveSuccessLimit: 2, count: 5 };
    expect(assessArgoMetric(metric, result({ failed: 2, consecutiveSuccess: 2 }), false)).toBe('Failed');
    expect(assessArgoMetric(metric, result({ failed: 1, consecutiveSuccess: 1 }), false)).toBe('Inconclusive');
    expect(assessArgoMetric({ ...metric, failureLimit: -1 }, result({ consecutiveSuccess: 1 }), false)).toBe('Failed');
  });

  it('end in an error after the fifth in a row, and take one measurement without an interval', () => {
    expect(assessArgoMetric(often, result({ consecutiveError: 5 }), false)).toBe('Error');
    expect(assessArgoMetric({}, result({ count: 1, successful: 1 }), false)).toBe('Successful');
  });

  it('never let a terminated run go on, unless a measurement is under way', () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.nat(6),
        fc.integer({ min: -1, max: 4 }),
        fc.nat(4),
        (failed, ok, failureLimit, wanted) => {
          const metric = { ...often, failureLimit, consecutiveSuccessLimit: wanted };
          const phase = assessArgoMetric(metric, result({ failed, consecutiveSuccess: ok }), true);
          expect(['Successful', 'Failed']).toContain(phase);
        },
      ),
    );
  });

  it('come only from a metric that could be judged', () => {
    expect(argoMetricError({ count: 3 }, 1)).toMatch(/interval/);
    expect(argoMetricError({ failureLimit: -1 }, 1)).toMatch(/both be disabled/);
    expect(argoMetricError({ count: 2, interval: '1s', inconclusiveLimit: 3 }, 1)).toMatch(/inconclusiveLimit/);
    expect(argoMetricError({ ...often }, 1)).toBeUndefined();
    expect(argoMetricError({ ...often }, 2)).toMatch(/multiple/);
  });
});

describe("Flagger's canary", () => {
  it('overshoots maxWeight by its last step, and follows a list of steps', () => {
    expect(flaggerWeights({ threshold: 1, stepWeight: 30, maxWeight: 50 })).toEqual([0, 30, 60]);
    expect(flaggerWeights({ threshold: 1, stepWeights: [5, 20, 120] })).toEqual([0, 5, 20, 100]);
  });

  it('holds its weight on a failed check and rolls back one tick after the threshold', () => {
    const analysis = { threshold: 2, stepWeight: 10, maxWeight: 50 };
    let state = advanceFlagger(analysis, FLAGGER_START, true);
    expect(state.canaryWeight).toBe(10);
    state = advanceFlagger(analysis, state, false);
    expect(state).toMatchObject({ canaryWeight: 10, failedChecks: 1 });
    state = advanceFlagger(analysis, state, true);
    state = advanceFlagger(analysis, state, false);
    expect(state).toMatchObject({ phase: 'Progressing', canaryWeight: 20, failedChecks: 2 });
    expect(advanceFlagger(analysis, state, true)).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
  });

  it('promotes, finalises and succeeds when every check passes', () => {
    const analysis = { threshold: 1, stepWeight: 100 };
    const phases: string[] = [];
    let state = FLAGGER_START;
    for (let i = 0; i < 5; i++) {
      phases.push(state.phase);
      state = advanceFlagger(analysis, state, true);
    }
    expect(phases).toEqual(['Progressing', 'Progressing', 'Promoting', 'Finalising', 'Succeeded']);
  });

  it('fails a check that has no values', () => {
    expect(flaggerCheck(undefined, { min: 99 })).toBe(false);
    expect(flaggerCheck(NaN, {})).toBe(false);
    expect([98, 99, 100].map((v) => flaggerCheck(v, { min: 99, max: 99.5 }))).toEqual([false, true, false]);
  });
});

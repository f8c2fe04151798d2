/** Experiments as the control plane would show them, for tests. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { MetricEvidence } from '../../contracts/verdict.ts';

export function evidence(changes: Partial<MetricEvidence> = {}): MetricEvidence {
  return {
    name: 'success-rate',
    unit: 'share',
    verdict: 'PENDING',
    baseline: { requests: 2_520, value: 0.0004 },
    candidate: { requests: 281, value: 0.0498 },
    effect: 0.0494,
    interval: [0.021, 0.083],
    limit: 0.01,
    eRegressed: 3,
    eSafe: 0,
    threshold: 200,
    missingCandidateRequests: 40,
    rule: 'e-value 3 of 200',
    ...changes,
  };
}

export const LATENCY: MetricEvidence = evidence({
  name: 'latency p95',
  unit: 'ms',
  baseline: { requests: 2_520, value: 14.25 },
  candidate: { requests: 281, value: 15.1 },
  effect: 0.06,
  interval: null,
  limit: 0.3,
});

export function view(changes: Partial<ExperimentView> = {}): ExperimentView {
  return {
    id: 'reviews-v2-1',
    name: 'reviews-v2',
    kind: 'Canary',
    service: 'reviews',
    baseline: 'v1',
    candidate: 'v2',
    phase: 'stepping',
    verdict: 'PENDING',
    reason: 'about 40 more candidate requests are needed',
    startedAt: '2026-01-01T10:00:00.000Z',
    updatedAt: '2026-01-01T10:00:20.000Z',
    endedAt: null,
    steps: [
      { weightPpm: 100_000, state: 'running' },
      { weightPpm: 500_000, state: 'waiting' },
    ],
    stepIndex: 0,
    intendedPpm: 100_000,
    measuredPpm: 98_000,
    totals: { baselineRequests: 2_520, candidateRequests: 281, candidateErrors: 14, shielded: 14 },
    judgement: { verdict: 'PENDING', reason: '', metrics: [evidence(), LATENCY] },
    haltedBy: null,
    spec: {},
    ...changes,
  };
}

export const FAILED = view({
  phase: 'rolled-back',
  verdict: 'FAIL',
  reason: 'success-rate: 4.98% of candidate requests fail, 0.04% of the baseline',
  endedAt: '2026-01-01T10:00:21.500Z',
  intendedPpm: 0,
  measuredPpm: null,
  judgement: { verdict: 'FAIL', reason: '', metrics: [evidence({ verdict: 'FAIL' }), LATENCY] },
});

export const PASSED = view({
  name: 'reviews-v3',
  candidate: 'v3',
  phase: 'promoted',
  verdict: 'PASS',
  reason: 'safe on both metrics',
  endedAt: '2026-01-01T10:00:50.000Z',
  intendedPpm: 0,
  measuredPpm: null,
  totals: { baselineRequests: 8_010, candidateRequests: 7_904, candidateErrors: 0, shielded: 0 },
  judgement: {
    verdict: 'PASS',
    reason: '',
    metrics: [
      evidence({
        verdict: 'PASS',
        candidate: { requests: 7_904, value: 0.0005 },
        baseline: { requests: 8_010, value: 0.0004 },
        effect: 0.0001,
        interval: [-0.002, 0.004],
      }),
      { ...LATENCY, verdict: 'PASS' },
    ],
  },
});

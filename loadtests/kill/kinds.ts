/** One experiment of each kind, short enough to be run many times, and how it may end. */
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import type { Mesh } from '../../test/e2e/crash/mesh.ts';

export type Trial = {
  readonly kind: string;
  /** What the candidate does. */
  readonly candidate: 'good' | 'bad';
  readonly spec: Record<string, unknown>;
  /** Phases in which it may end, whatever happens to the control plane. */
  readonly endings: readonly string[];
  /** Where the ending alone does not tell it. */
  readonly verdicts?: readonly Verdict[];
  /** How the requests are answered that it breaks on purpose. */
  readonly breaks?: ErrorCode;
};

/** Of every overlay and fault that these lay. */
export const LEASE_MS = 2_000;
const common = { lease: '2s', deadline: '3m' };
const judged = {
  ...common,
  measure: '500ms',
  watch: { for: '1s', maxErrors: 5 },
  analysis: { alpha: 0.05, metrics: [{ name: 'success-rate', margin: 5 }] },
};
const arms = { baseline: 'v1', candidate: 'v2' };

const canary = {
  ...arms,
  ...judged,
  hold: { min: '500ms', max: '60s' },
  steps: [{ weight: 10 }, { weight: 30 }, { weight: 50 }],
};
const blueGreen = {
  ...arms,
  ...judged,
  verify: { share: 30, min: '1s', max: '60s' },
  warm: '2s',
};

const abTest = {
  ...common,
  arms: [{ version: 'v1' }, { version: 'v2' }],
  key: { header: 'x-user' },
  goals: [{ name: 'signup' }],
  run: { min: '2s', max: '60s' },
  watch: { for: '1s', maxErrors: 5 },
  promote: 'winner',
};

const shadow = {
  ...common,
  ...arms,
  ignore: ['headers.x-version', 'headers.x-goal'],
  run: { min: '2s', max: '60s' },
  // One machine serves both versions and everything else.
  analysis: { learn: 20, margin: 5, tolerance: '2000%' },
};

const aborts = (percent: number) => [
  { name: 'aborts', for: '4s', fault: { service: 'reviews', percent, abort: { status: 503 } } },
];
const chaos = {
  ...common,
  steadyState: { metrics: [{ name: 'success-rate', min: 70 }], requests: 20 },
  before: '500ms',
  recovery: '500ms',
  faults: aborts(10),
};
/**
 * The time of faults stands still while nobody sees them in force. Kills every second or two let so little of it pass that the
 * deadline may come first: that is INCONCLUSIVE, never the other verdict.
 */
const chaosTooMuch = { ...chaos, guardrails: [{ name: 'success-rate', min: 95 }], faults: aborts(40) };

export const TRIALS: readonly Trial[] = [
  { kind: 'Canary', candidate: 'good', spec: canary, endings: ['promoted'] },
  { kind: 'Canary', candidate: 'bad', spec: canary, endings: ['rolled-back'] },
  { kind: 'BlueGreen', candidate: 'good', spec: blueGreen, endings: ['promoted'] },
  { kind: 'BlueGreen', candidate: 'bad', spec: blueGreen, endings: ['rolled-back'] },
  { kind: 'ABTest', candidate: 'good', spec: abTest, endings: ['promoted'] },
  { kind: 'ABTest', candidate: 'bad', spec: abTest, endings: ['rolled-back'] },
  { kind: 'Shadow', candidate: 'good', spec: shadow, endings: ['rolled-back'], verdicts: ['PASS'] },
  { kind: 'Shadow', candidate: 'bad', spec: shadow, endings: ['rolled-back'], verdicts: ['FAIL'] },
  {
    kind: 'Chaos',
    candidate: 'good',
    spec: chaos,
    endings: ['rolled-back'],
    verdicts: ['PASS', 'INCONCLUSIVE'],
    breaks: 'FAULT_ABORT',
  },
  {
    kind: 'Chaos',
    candidate: 'good',
    spec: chaosTooMuch,
    endings: ['rolled-back'],
    verdicts: ['FAIL', 'INCONCLUSIVE'],
    breaks: 'FAULT_ABORT',
  },
];

/** A bad candidate fails a quarter of what it is asked; its users sign up more often than those of the baseline. */
export function play(mesh: Mesh, { candidate }: Trial): void {
  mesh.v1.goalRate = 0.1;
  mesh.v2.goalRate = 0.4;
  mesh.v2.errorRate = candidate === 'bad' ? 0.25 : 0;
}

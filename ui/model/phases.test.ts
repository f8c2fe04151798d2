import { describe, expect, test } from 'vitest';
import { PHASES } from '../../contracts/experiment.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { inOrder, phaseStrip, servingArm } from './phases.ts';

type Step = ExperimentView['steps'][number]['state'];
const KIND_OF: Partial<Record<ExperimentView['phase'], string>> = {
  previewing: 'BlueGreen',
  switched: 'BlueGreen',
  testing: 'ABTest',
  injecting: 'Chaos',
  recovering: 'Chaos',
  shadowing: 'Shadow',
};
const standing = (
  phase: ExperimentView['phase'],
  verdict: ExperimentView['verdict'] = 'PENDING',
  state: Step = 'done',
) => ({
  kind: KIND_OF[phase] ?? 'Canary',
  phase,
  verdict,
  steps: [{ weightPpm: 10_000, state }],
});
const phasesOf = (...args: Parameters<typeof standing>): string[] =>
  phaseStrip(standing(...args)).map((item) => `${item.phase}:${item.state}`);

describe('the phase strip', () => {
  test('marks exactly one phase as current, in every phase', () => {
    for (const phase of PHASES) {
      const strip = phaseStrip(standing(phase));
      expect(strip.filter((item) => item.state === 'current').map((item) => item.phase)).toEqual([phase]);
    }
  });

  test('shows no step to a run that was rolled back before its first', () => {
    expect(phasesOf('rolled-back', 'INCONCLUSIVE', 'waiting')).not.toContain('stepping:done');
    expect(phasesOf('rolled-back', 'FAIL', 'done')).toContain('stepping:done');
  });

  test('shows a blue-green release that went back before its switch without one', () => {
    const rolledBack = (second: Step): string[] =>
      phaseStrip({
        kind: 'BlueGreen',
        phase: 'rolled-back',
        verdict: 'FAIL',
        steps: [
          { weightPpm: 0, state: 'done' },
          { weightPpm: 1_000_000, state: second },
        ],
      }).map((item) => item.phase);
    expect(rolledBack('waiting')).not.toContain('switched');
    expect(rolledBack('done')).toContain('switched');
  });

  test('promises no promotion to a run that rolls back', () => {
    expect(phasesOf('rolling-back', 'FAIL').join()).not.toContain('promot');
  });

  test('promises a promotion to an A/B test only when its document asks for it', () => {
    const path = (promote?: string): string[] =>
      phaseStrip({ ...standing('testing'), spec: { promote } }).map((item) => item.phase);
    expect(path().slice(-3)).toEqual(['testing', 'rolling-back', 'rolled-back']);
    expect(path('winner').slice(-2)).toEqual(['watching', 'promoted']);
  });

  test('promises no promotion to chaos, and shows its faults only where they were injected', () => {
    const path = (phase: ExperimentView['phase'], state: Step): string[] =>
      phaseStrip({ ...standing(phase, 'PASS', state), kind: 'Chaos' }).map((item) => item.phase);
    expect(path('injecting', 'running').slice(-4)).toEqual(['injecting', 'recovering', 'rolling-back', 'rolled-back']);
    expect(path('rolled-back', 'waiting')).toEqual(['declared', 'measuring', 'rolling-back', 'rolled-back']);
  });

  test('promises no promotion to a shadow', () => {
    expect(phasesOf('shadowing').map((item) => item.split(':')[0])).toEqual([
      'declared',
      'measuring',
      'shadowing',
      'rolling-back',
      'rolled-back',
    ]);
  });

  test('shows the promotion to a run that was moved back after it', () => {
    const strip = phaseStrip(standing('rolled-back', 'FAIL'), true).map((item) => item.phase);
    expect(strip.slice(-4)).toEqual(['promoting', 'watching', 'rolling-back', 'rolled-back']);
  });

  test('blames the candidate only for a failure', () => {
    const tone = (verdict: ExperimentView['verdict']) => phaseStrip(standing('rolled-back', verdict)).at(-1)?.tone;
    expect([tone('FAIL'), tone('INCONCLUSIVE'), tone('PASS')]).toEqual(['bad', 'warn', 'good']);
  });
});

test('the arm that serves follows the phase', () => {
  const serving = PHASES.map((phase) => `${phase}: ${servingArm({ phase })}`);
  expect(serving.filter((s) => s.endsWith('split'))).toEqual([
    'stepping: split',
    'previewing: split',
    'testing: split',
    'held: split',
  ]);
  expect(serving.filter((s) => s.endsWith('candidate'))).toEqual([
    'switched: candidate',
    'promoting: candidate',
    'watching: candidate',
    'promoted: candidate',
  ]);
});

test('running experiments come first, then the latest', () => {
  const view = (name: string, phase: string, startedAt: string) => ({ name, phase, startedAt }) as ExperimentView;
  const views = [
    view('old', 'promoted', '2026-01-01T00:00:00Z'),
    view('new', 'rolled-back', '2026-01-03T00:00:00Z'),
    view('running', 'held', '2025-12-01T00:00:00Z'),
  ];
  expect(inOrder(views).map((v) => v.name)).toEqual(['running', 'new', 'old']);
});

import { describe, expect, it } from 'vitest';
import type { ArmRow } from '../contracts/telemetry.ts';
import { canary as canaryStory } from './canary.ts';
import { advance } from './life.ts';
import { INITIAL } from './state.ts';
import type { Event, State } from './state.ts';
import { canary, ID } from './testing/drive.ts';

const { document, source } = canary({ measure: '0s', analysis: { metrics: [{ name: 'success-rate', margin: 2 }] } });
const story = canaryStory({ id: ID, document, source });

function row(epoch: number, arm: ArmRow['arm'], errors: number): ArmRow {
  const counts = { requests: 100, errors, shielded: 0, latencySumUs: 0, latency: [] };
  return { experimentId: ID, epoch, arm, candidatePpm: 100_000, ...counts };
}

function stepping(): State {
  let state = advance(story, INITIAL, { type: 'started' }).state;
  const tell = (event: Event) => void (state = advance(story, state, event).state);
  for (let i = 0; i < 20 && state.phase !== 'stepping'; i++) {
    for (const { id } of state.outbox) tell({ type: 'effect-done', id });
    tell({ type: 'observed', rows: [{ ...row(state.epoch, 'baseline', 0), candidatePpm: 0 }] });
    tell({ type: 'tick', passedMs: 100 });
  }
  for (const { id } of state.outbox) tell({ type: 'effect-done', id });
  return state;
}

describe('reports of many proxies at one moment', () => {
  const told = (state: State, errors: number): State =>
    advance(story, state, {
      type: 'observed',
      rows: [row(state.epoch, 'baseline', 0), row(state.epoch, 'candidate', errors)],
    }).state;

  it('all count, and are worded once, until time has passed', () => {
    const once = told(stepping(), 0);
    expect(once.judgement.metrics[0]?.candidate.requests).toBe(100);
    const twice = told(once, 0);
    expect(twice.judgement.metrics[0]?.candidate.requests).toBe(100);
    expect(twice.totals.candidateRequests).toBe(200);
    const later = advance(story, twice, { type: 'tick', passedMs: 200 }).state;
    expect(told(later, 0).judgement.metrics[0]?.candidate.requests).toBe(300);
  });

  it('change the verdict at once', () => {
    const bad = told(told(stepping(), 0), 4);
    expect(bad).toMatchObject({ verdict: 'FAIL', phase: 'rolling-back' });
    expect(bad.reason).toMatch(/2 % of 200 candidate requests failed/);
  });
});

/** The way back, the same for every kind. */
import type { Verdict } from '../contracts/verdict.ts';
import { chosenOf } from './chosen.ts';
import { ask, cancelMoves } from './outbox.ts';
import type { Decision, Effect, State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { decide } from './transitions.ts';

/**
 * any -> rolling-back: the overlay is dropped, and a stable version that was (or may have been) moved is moved back,
 * first: after a promotion that is what users feel. A crash before either leaves proxies that fall back when the lease
 * is over; the next process does both again.
 */
export function rollBack(
  story: Story,
  before: State,
  type: Decision['type'],
  reason: string,
  evidence: Record<string, unknown> = {},
): Transition {
  return goBack(story, before, before.verdict === 'FAIL' ? 'FAIL' : 'INCONCLUSIVE', type, reason, evidence);
}

/** any -> rolling-back, with PASS: an experiment that was never to change anything for good has come to its end. */
export function complete(
  story: Story,
  before: State,
  reason: string,
  evidence: Record<string, unknown> = {},
): Transition {
  return goBack(story, before, 'PASS', 'verdict', reason, evidence);
}

function goBack(
  story: Story,
  before: State,
  verdict: Verdict,
  type: Decision['type'],
  reason: string,
  evidence: Record<string, unknown>,
): Transition {
  const moveBack: Effect = { type: 'move-stable', from: chosenOf(story, before), to: story.terms.baseline };
  const effects: Effect[] = [
    ...(before.stableAsked ? [moveBack] : []),
    { type: 'drop-overlay' },
    // That it is rolled back is said when every proxy that is connected has said so.
    { type: 'confirm' },
  ];
  const next = ask(
    { ...cancelMoves(before), phase: 'rolling-back', ending: 'rolled-back', verdict, lacking: 'nothing', reason },
    effects,
  );
  const { judgement, totals } = before;
  return decide(next, type, reason, { verdict, ...evidence, judgement, totals });
}

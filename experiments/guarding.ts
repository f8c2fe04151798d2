/** How the guards of a release take part in its life: what they are fed, and what follows when one is crossed. Pure. */
import type { Guards } from '../contracts/guards.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { PPM } from '../contracts/units.ts';
import type { GuardEvidence } from '../contracts/verdict.ts';
import { inconclusive } from './endings.ts';
import { twoArms } from './fresh-baseline.ts';
import { guardEvidence, passGuards, takeGuards } from './guards.ts';
import { isCompared } from './measuring.ts';
import { rollBack } from './rollback.ts';
import type { State, Transition } from './state.ts';
import type { Story } from './story.ts';

/** The guards that can be kept here. */
function keptBy({ terms }: Story): Guards | undefined {
  const { guards } = terms.analysis;
  // With sticky, one user who asks much counts many times: the requests are no independent draws.
  return guards && terms.sticky ? { ...guards, sampleRatio: false } : guards;
}

/** From the measurement of the baseline on: its own error rate is known before the first step. */
export function feedGuards(story: Story, state: State, rows: readonly ArmRow[]): State {
  const kept = keptBy(story);
  if (!kept || rows.length === 0 || !(state.phase === 'measuring' || isCompared(story, state))) return state;
  return {
    ...state,
    guards: takeGuards(kept, state.guards, twoArms(rows), state.epoch, plannedRequests(story, state)),
  };
}

/** The most that can reach the candidate: the rate of the measurement, at the highest share, until the deadline. */
function plannedRequests({ terms, stepsPpm }: Story, state: State): number | null {
  if (state.measured === 0 || terms.measure === 0) return null;
  return (state.measured / terms.measure) * terms.deadline * (Math.max(...stepsPpm) / PPM);
}

export function letGuardsPass(story: Story, state: State, passedMs: number): State {
  const kept = keptBy(story);
  if (!kept || !isCompared(story, state) || state.silentMs > story.terms.lease) return state;
  return { ...state, guards: passGuards(kept, state.guards, passedMs) };
}

/** Puts what the guards say into the judgement, beside the metrics. */
export function withGuards(story: Story, state: State): State {
  const kept = keptBy(story);
  if (!kept || !isCompared(story, state)) return state;
  return { ...state, judgement: { ...state.judgement, guards: guardEvidence(kept, state.guards) } };
}

/** -> rolling-back with FAIL; or INCONCLUSIVE, where the figures cannot be believed: never promoted, whatever the document says. */
export function guardOver(story: Story, state: State): Transition | undefined {
  const crossed = (state.judgement.guards ?? []).filter((guard) => guard.verdict === 'FAIL');
  const [first] = crossed;
  if (first) {
    const why = crossed.map(sentence).join('; ');
    return rollBack(story, { ...state, verdict: 'FAIL' }, 'verdict', `rolled back: ${why}`, { guard: first.name });
  }
  const doubt = (state.judgement.guards ?? []).find((guard) => guard.verdict === 'INCONCLUSIVE');
  if (!doubt || state.phase === 'held') return undefined;
  if (story.terms.onInconclusive === 'hold') return inconclusive(story, state, sentence(doubt));
  const before: State = { ...state, verdict: 'INCONCLUSIVE' };
  return rollBack(story, before, 'verdict', `rolled back: ${sentence(doubt)}`, { guard: doubt.name });
}

function sentence({ name, rule }: GuardEvidence): string {
  return `guard ${name}: ${rule}`;
}

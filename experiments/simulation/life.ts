/**
 * One life of a canary in virtual time: the same reducer and judge as live, in a world in which every effect is done
 * at once and proxies report five times a second.
 */
import type { Random } from '../../analyzer/simulation/random.ts';
import type { CanaryDocument } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { canary } from '../canary.ts';
import { advance, isOver } from '../life.ts';
import { INITIAL } from '../state.ts';
import type { Event, State } from '../state.ts';
import type { Run, Story } from '../story.ts';
import { requestsIn, rowsUnder } from './rows.ts';
import type { Arms } from './rows.ts';

export type Life = {
  readonly verdict: Exclude<Verdict, 'PENDING'>;
  readonly phase: 'promoted' | 'rolled-back';
  readonly reason: string;
  readonly candidateRequests: number;
  readonly candidateErrors: number;
  /** From the first step to the verdict; null when it ended before the first step. */
  readonly verdictAfterMs: number | null;
  /** To the end of the watch. */
  readonly lastedMs: number;
};

const REPORT_MS = 200;
/** Nobody reads the evidence but at the end. It changes no verdict. */
const WORD_EVERY_MS = 10_000;

/** @param perMinute - requests to the service */
export function live(run: Run<CanaryDocument>, arms: Arms, perMinute: number, random: Random): Life {
  const story = canary(run, WORD_EVERY_MS);
  let state = settle(story, advance(story, INITIAL, { type: 'started' }).state);
  let now = 0;
  let firstStepAt: number | null = null;
  let verdictAt: number | null = null;
  // The deadline bounds every phase before the promotion, and the watch has an end of its own.
  while (!isOver(state)) {
    now += REPORT_MS;
    state = feed(story, state, { type: 'tick', passedMs: REPORT_MS });
    const overlay = overlayOf(state);
    const rows = overlay
      ? rowsUnder(random, overlay, armsOf(story, overlay, arms), requestsIn(random, (perMinute * REPORT_MS) / 60_000))
      : [];
    state = feed(story, state, { type: 'observed', rows });
    if (state.phase === 'stepping') firstStepAt ??= now;
    if (state.verdict !== 'PENDING') verdictAt ??= now;
  }
  const { verdict, totals, reason } = state;
  return {
    verdict: verdict === 'PENDING' ? 'INCONCLUSIVE' : verdict,
    phase: state.phase === 'promoted' ? 'promoted' : 'rolled-back',
    reason,
    candidateRequests: totals.candidateRequests,
    candidateErrors: totals.candidateErrors,
    verdictAfterMs: firstStepAt === null || verdictAt === null ? null : verdictAt - firstStepAt,
    lastedMs: now,
  };
}

/** The reducer's state, and the overlay that its world has. */
type World = State & { readonly overlay: Overlay | null };

function overlayOf(state: World): Overlay | null {
  return state.overlay;
}

function feed(story: Story, state: World, event: Event): World {
  return settle(story, { ...advance(story, state, event).state, overlay: state.overlay });
}

/** Carries out everything in the outbox: in this world nothing fails. */
function settle(story: Story, before: State & { readonly overlay?: Overlay | null }): World {
  let state: World = { ...before, overlay: before.overlay ?? null };
  for (let next = state.outbox[0]; next && !isOver(state); next = state.outbox[0]) {
    const { effect, id } = next;
    const overlay =
      effect.type === 'set-overlay' ? effect.overlay : effect.type === 'drop-overlay' ? null : state.overlay;
    state = { ...advance(story, state, { type: 'effect-done', id }).state, overlay };
  }
  return state;
}

/** In the watch the arms have changed names: the new stable version is the baseline. */
function armsOf({ terms }: Story, overlay: Overlay, arms: Arms): Arms {
  return overlay.baseline === terms.baseline ? arms : { baseline: arms.candidate, candidate: arms.baseline };
}

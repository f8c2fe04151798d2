/** The overlays that experiments ask for. */
import type { Overlay } from '../contracts/overlay.ts';
import { PPM } from '../contracts/units.ts';
import { chosenOf } from './chosen.ts';
import type { State } from './state.ts';
import type { Story } from './story.ts';

/** A share of the baseline's requests goes to the candidate; with a share of 0 the baseline is only counted. */
export function shiftingOverlay({ run, terms }: Story, epoch: number, candidatePpm: number): Overlay {
  return {
    experimentId: run.id,
    experiment: run.document.metadata.name,
    epoch,
    service: terms.service,
    ...(terms.match ? { match: terms.match } : {}),
    ...stickyOf(terms.sticky, candidatePpm > 0 && candidatePpm < PPM),
    baseline: terms.baseline,
    candidate: terms.candidate,
    candidatePpm,
    shield: false,
    seed: seedOf(run.id),
    leaseMs: terms.lease,
  };
}

/** @param divides - whether two arms have users, so that a new one has to be told apart */
function stickyOf(key: Story['terms']['sticky'], divides: boolean): Pick<Overlay, 'sticky' | 'giveCookieS'> {
  if (!key) return {};
  const { give, ...sticky } = key;
  return give === undefined || !divides ? { sticky } : { sticky, giveCookieS: Math.round(give / 1_000) };
}

/** After the promotion: moves nothing, only counts. The new stable version is the baseline, the old one the candidate. */
export function watchingOverlay(story: Story, state: State, epoch: number): Overlay {
  const { terms } = story;
  return { ...shiftingOverlay(story, epoch, 0), baseline: chosenOf(story, state), candidate: terms.baseline };
}

/** The run's own seed for sticky assignment, from its id, so that a resumed run assigns as before. */
function seedOf(id: string): number {
  let hash = 0;
  for (const c of id) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) >>> 0;
  return hash;
}

/** The version that a promotion makes stable. */
import type { State } from './state.ts';
import type { Story } from './story.ts';

/** The candidate, or in a test of several the one that the evidence speaks for. */
export function chosenOf({ terms }: Story, { chosen }: State): string {
  return chosen ?? terms.candidate;
}

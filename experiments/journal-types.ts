/** Every type of journal entry, with what it says. Written before what it says is carried out, but for `done`. */
import type { JournalEntry } from '../contracts/experiment.ts';

export const JOURNAL_TYPES = {
  declared: 'the experiment as it was declared, with its source document',
  measuring: 'the baseline is measured: an overlay that sends nothing to the candidate',
  step: 'the next step, with the weight that its overlay asks for',
  switch: 'everything goes to the candidate at once; the old version is kept warm',
  'faults-over': 'the faults are dropped; it is measured whether the steady state is back',
  'no-traffic': 'reports come, but no request of this experiment is in them; it waits',
  'no-data': 'no proxy reports; the clock of the step stands still',
  verdict: 'FAIL or INCONCLUSIVE: everything goes back to the baseline; with the evidence',
  waiting:
    'the next step, or the promotion, waits for a person, a window, other experiments, a webhook or the end of a pause',
  joined: 'another release, with which this one is promoted or rolled back together',
  'not-started': 'the end: an experiment that this one comes after has not passed; nothing was touched',
  answered: 'a webhook has answered; a no that ends the run stands in its `verdict`',
  approved: 'a person lets the step go on that waits',
  paused: 'a person stops the clock of the step; judging goes on, and so does the way back',
  unpaused: 'a person lets it go on',
  held: 'INCONCLUSIVE, and the document leaves what follows to a person',
  promote: 'the stable version is to be moved to the candidate: why, by whom, with the evidence',
  watching: "the service's stable version is the candidate; it is watched",
  'moved-back': 'the watch crossed its guardrail: the stable version is moved back',
  'watch-over': 'the watch ends well; the overlay is dropped',
  aborted: 'a person, or the halt, ended it: everything goes back to the baseline',
  refused: 'something that was decided cannot be done, with the code of the error',
  failing: 'something that was decided failed and is tried again until it is done; said once',
  resumed: 'a control plane went on from the journal',
  promoted: 'the end: the candidate is the stable version',
  'rolled-back': 'the end: everything is on the baseline',
  done: 'an effect that was decided is carried out',
  checkpoint: 'the evidence so far, so that a restart loses only moments of it',
  damaged: 'the end: the journal cannot be read; the overlay was dropped',
} as const satisfies Record<string, string>;

export type EntryType = keyof typeof JOURNAL_TYPES;

/** The key under which an entry carries the whole state to go on from. */
export const STATE_KEY = 'state';

/** The entry without the state: what people read. */
export function forPeople(entry: JournalEntry): JournalEntry {
  const { [STATE_KEY]: _, ...data } = entry.data;
  return { ...entry, data };
}

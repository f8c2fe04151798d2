/** `approve`, `pause` and `resume`: a person lets an experiment go forward, or keeps it where it is. */
import type { Client } from '../api/client.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { decide, NAME } from './abort.ts';

type Word = 'approve' | 'pause' | 'resume';

function command(word: Word, done: string, said: Pick<CommandSpec, 'summary' | 'details' | 'examples'>): CommandSpec {
  return {
    name: word,
    ...said,
    arguments: [NAME],
    options: [
      { flags: '--reason <text>', description: 'why, for the journal', default: `${done} from the command line` },
      OUTPUT_OPTION,
      SERVER_OPTION,
      TIMEOUT_OPTION,
    ],
    run: (input) => decide(input, (client: Client, name, reason) => client[word](name, reason)),
  };
}

export const approve = command('approve', 'approved', {
  summary: 'Let the step go on that waits for a person',
  details: 'The step or the promotion, whichever waits. The journal names who approved, and why.',
  examples: [['meshproof approve reviews-v2 --reason "seen on staging"', 'it goes on at once']],
});

export const pause = command('pause', 'paused', {
  summary: 'Keep an experiment at its present step',
  details: 'Judging goes on, and so does the way back: a candidate that fails is rolled back all the same.',
  examples: [['meshproof pause reviews-v2 --reason "the shop is on television"', 'no further step until resume']],
});

export const resume = command('resume', 'resumed', {
  summary: 'Let a paused experiment go on',
  examples: [['meshproof resume reviews-v2', 'the clock of the step goes on where it stood']],
});

/** The exit codes of every command: a contract with pipelines. Never change one in silence. */
import type { ErrorCode } from '../contracts/errors.ts';
import { ERRORS } from '../contracts/errors.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../contracts/experiment.ts';
import { EXIT_OF_VERDICT } from '../contracts/verdict.ts';

export const EXIT = {
  OK: 0,
  UNEXPECTED: 1,
  FAIL: 2,
  INCONCLUSIVE: 3,
  NOT_AUTHORISED: 4,
  CONFLICT: 5,
  UNREACHABLE: 6,
  HALTED: 7,
  PENDING: 8,
  USAGE: 64,
  INVALID_INPUT: 65,
  INTERRUPTED: 130,
  TERMINATED: 143,
} as const;

export const EXIT_MEANING: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.OK, 'done; verdict PASS'],
  [EXIT.UNEXPECTED, 'an unexpected error'],
  [EXIT.FAIL, 'verdict FAIL: the candidate was rejected'],
  [EXIT.INCONCLUSIVE, 'verdict INCONCLUSIVE: the requests did not suffice'],
  [EXIT.NOT_AUTHORISED, 'not authorised'],
  [EXIT.CONFLICT, 'not found, or in conflict with something that exists'],
  [EXIT.UNREACHABLE, 'the control plane cannot be reached'],
  [EXIT.HALTED, 'aborted or halted by someone'],
  [EXIT.PENDING, 'still pending when the wait timed out'],
  [EXIT.USAGE, 'the command line is wrong'],
  [EXIT.INVALID_INPUT, 'a file is not valid; the chain of a journal is broken'],
  [EXIT.INTERRUPTED, 'interrupted (Ctrl-C)'],
  [EXIT.TERMINATED, 'terminated'],
];

/** The exit code for an error of the table. */
export function exitOfError(code: ErrorCode): number {
  switch (code) {
    case 'CONTROL_UNREACHABLE':
      return EXIT.UNREACHABLE;
    case 'DOCUMENT_INVALID':
    case 'CONFIG_REFUSED':
      return EXIT.INVALID_INPUT;
    case 'ORIGIN_REFUSED':
      return EXIT.NOT_AUTHORISED;
    default: {
      const { status } = ERRORS[code];
      return status === 404 || status === 409 ? EXIT.CONFLICT : EXIT.UNEXPECTED;
    }
  }
}

/** The exit code for an experiment as it stands: its verdict, unless somebody ended it. */
export function exitOfExperiment(view: Pick<ExperimentView, 'phase' | 'verdict' | 'haltedBy'>): number {
  if (!TERMINAL_PHASES.includes(view.phase)) return EXIT.PENDING;
  if (view.haltedBy !== null && view.phase === 'rolled-back') return EXIT.HALTED;
  return EXIT_OF_VERDICT[view.verdict];
}

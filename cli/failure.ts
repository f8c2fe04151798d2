/** How a failure reaches a person: one line that says what is wrong, one that says what to do, and the exit code. */
import type { Problem } from '../contracts/errors.ts';
import { ERRORS, MeshproofError } from '../contracts/errors.ts';
import { EXIT, exitOfError } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** The command line is wrong. Exit 64. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** An answer of the control plane that names problems in a document. */
export class RefusedError extends MeshproofError {
  readonly problems: readonly Problem[];

  constructor(code: MeshproofError['code'], detail: string, problems: readonly Problem[]) {
    super(code, detail);
    this.problems = problems;
  }
}

export type Failure = { readonly message: string; readonly hint?: string; readonly exit: number };

/** @returns the words and the exit code for anything that was thrown */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError) {
    return { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }), exit: EXIT.USAGE };
  }
  if (error instanceof MeshproofError) {
    const row = ERRORS[error.code];
    const hint = error.code === 'CONTROL_UNREACHABLE' ? HOW_TO_START : `meshproof explain ${error.code}`;
    return { message: `${row.message}: ${error.detail}`, hint, exit: exitOfError(error.code) };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message, exit: EXIT.UNEXPECTED };
}

const HOW_TO_START = 'start one with `meshproof up -f FILE`, or name another with --server URL';

/** Prints a failure to stderr. @returns the exit code */
export function reportFailure(terminal: Terminal, error: unknown): number {
  const { message, hint, exit } = describeFailure(error);
  const { red, dim } = terminal.colors;
  terminal.err(`${red('error:')} ${message}\n`);
  if (error instanceof RefusedError) for (const p of error.problems) terminal.err(`  ${p.path}: ${p.message}\n`);
  if (hint !== undefined) terminal.err(`${dim(`  ${hint}`)}\n`);
  return exit;
}

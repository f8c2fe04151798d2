/** The exit code of a command that a signal ended. */
import { EXIT } from './exit-codes.ts';

/** @param signal - aborted with the name of the signal as its reason */
export function interruptedExit(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? EXIT.TERMINATED : EXIT.INTERRUPTED;
}

import { TERMINAL_PHASES } from '../../contracts/experiment.ts';
import type { Phase } from '../../contracts/experiment.ts';

export function isOverPhase(phase: Phase): boolean {
  return TERMINAL_PHASES.includes(phase);
}

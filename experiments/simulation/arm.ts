/** How a simulated version answers: by a model, or as requests that were recorded. */
import type { Random } from '../../analyzer/simulation/random.ts';

export type Answer = { readonly failed: boolean; readonly latencyUs: number };

/** Draws one answer. */
export type Arm = (random: Random) => Answer;

export function modelledArm(errorRate: number, latencyUs: (random: Random) => number): Arm {
  return (random) => ({ failed: random() < errorRate, latencyUs: latencyUs(random) });
}

/** Any of the recorded answers, with replacement. @param recorded - at least one */
export function recordedArm(recorded: readonly Answer[]): Arm {
  return (random) => recorded[Math.floor(random() * recorded.length)] ?? { failed: false, latencyUs: 0 };
}

/** The same, but with another error rate, and slower by a factor. */
export function altered(arm: Arm, errorRate: number | undefined, factor: number): Arm {
  if (errorRate === undefined && factor === 1) return arm;
  return (random) => {
    const { failed, latencyUs } = arm(random);
    return { failed: errorRate === undefined ? failed : random() < errorRate, latencyUs: latencyUs * factor };
  };
}

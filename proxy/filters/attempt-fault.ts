/** Faults at attempt level: every try, beneath retry, shield and time-outs, which meet it as if the endpoint had failed. */
import { abortAttempt, faultParts, faultStep } from '../faults/step.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const attemptFault: Filter = {
  role: 'attempt-fault',
  why: 'innermost but for the connection: stands where the network would fail, so that retry, shield and time-outs meet it',
  build: (context) => {
    const faults = context.faults.filter((f) => f.spec.at === 'attempt');
    if (faults.length === 0) return NOTHING;
    return {
      ...faultParts(faults),
      attempt: faultStep(faults, (exchange, _fault, answer) => abortAttempt(exchange, answer)),
    };
  },
};

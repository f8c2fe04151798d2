/** Faults at request level: once per request, above retries and timeouts, so that neither heals them. */
import { abortRequest, faultParts, faultStep } from '../faults/step.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const requestFault: Filter = {
  role: 'request-fault',
  why: 'above deadline and retry: it stands for what the caller itself meets, and must not be healed by them',
  build: (context) => {
    const faults = context.faults.filter((f) => f.spec.at === 'request');
    if (faults.length === 0) return NOTHING;
    return {
      ...faultParts(faults),
      request: faultStep(faults, abortRequest),
    };
  },
};

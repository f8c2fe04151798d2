/** Faults at request level: once per request, above retries and timeouts, so that neither heals them. */
import { faultStep } from './draw-faults.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const requestFault: Filter = {
  role: 'request-fault',
  why: 'above deadline and retry: it stands for what the caller itself meets, and must not be healed by them',
  build: (context) => {
    const faults = context.faults.filter((f) => f.spec.at === 'request');
    if (faults.length === 0) return NOTHING;
    return {
      request: faultStep(faults, (exchange, fault, status) => {
        if (status === undefined) exchange.reset();
        else exchange.answer('FAULT_ABORT', `fault ${fault.name}`, status);
      }),
    };
  },
};

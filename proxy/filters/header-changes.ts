/** Sets, adds and removes header fields of requests and of answers, as the rule says. */
import type { FieldChanges } from '../../contracts/header-changes.ts';
import type { HeadEdits } from '../http1/head-edits.ts';
import { CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const headerChanges: Filter = {
  role: 'header-changes',
  why: 'above everything that may answer: the fields of the answer are changed on our own answers too',
  build: ({ rule: { requestHeaders, responseHeaders } }) => {
    if (!requestHeaders && !responseHeaders) return NOTHING;
    return {
      request: (exchange) => {
        if (requestHeaders) apply(exchange.requestEdits(), requestHeaders);
        if (responseHeaders) apply(exchange.responseEdits(), responseHeaders);
        return CONTINUE;
      },
    };
  },
};

function apply(edits: HeadEdits, changes: FieldChanges): void {
  for (const name of changes.remove) edits.remove(name);
  for (const [name, value] of Object.entries(changes.set)) edits.set(name, value);
  for (const [name, value] of Object.entries(changes.add)) edits.append(name, value);
}

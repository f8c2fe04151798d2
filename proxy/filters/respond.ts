/** Answers with what the rule says. */
import { ANSWERED } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';
import { changedFields } from './header-changes.ts';

export const respond: Filter = {
  role: 'respond',
  why: 'below request faults, which may strike any request; above all that asks an endpoint, for none is asked',
  build: ({ rule: { respond: answer, responseHeaders } }) => {
    if (!answer) return NOTHING;
    const { status, body, contentType } = answer;
    const fields = changedFields(body === '' ? {} : { 'content-type': contentType }, responseHeaders);
    return {
      request: (exchange) => {
        exchange.answerPlainly(status, fields, body);
        return ANSWERED;
      },
    };
  },
};

/** Rules that answer by themselves: a redirect, or a fixed answer. */
import type { Redirect } from '../../contracts/route-actions.ts';
import type { RequestHead } from '../http1/head.ts';
import { ANSWERED } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';
import { queryOf } from './rewrite.ts';

export const ownAnswers: Filter = {
  role: 'own-answers',
  why: 'below limits and faults of the request, which hold for such rules too; above assignment: no version is asked',
  build: ({ rule: { redirect, respond } }) => {
    if (redirect) {
      return {
        request: (exchange) => {
          exchange.answerPlainly(redirect.status, `location: ${locationOf(redirect, exchange.head)}\r\n`, '');
          return ANSWERED;
        },
      };
    }
    if (!respond) return NOTHING;
    const fields = respond.body === '' ? '' : `content-type: ${respond.contentType}\r\n`;
    return {
      request: (exchange) => {
        exchange.answerPlainly(respond.status, fields, respond.body);
        return ANSWERED;
      },
    };
  },
};

/** RFC 9110 10.2.2: a reference may be relative; scheme and host are given only where they change. */
export function locationOf({ scheme, host, path }: Redirect, head: RequestHead): string {
  const target = path === undefined ? head.target : path + queryOf(head.target);
  if (scheme === undefined && host === undefined) return target;
  const authority = host ?? (head.hostField < 0 ? '' : head.value(head.hostField));
  return `${scheme === undefined ? '' : `${scheme}:`}//${scheme !== undefined && host === undefined ? withoutPort(authority) : authority}${target}`;
}

/** Another scheme has another port. */
function withoutPort(authority: string): string {
  return authority.replace(/:\d+$/, '');
}

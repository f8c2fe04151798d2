/** Sends the client elsewhere. */
import type { Redirect } from '../../contracts/rewrite.ts';
import { ANSWERED } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';
import { changedFields } from './header-changes.ts';
import { targetRewrite } from './rewrite.ts';

export const redirect: Filter = {
  role: 'redirect',
  why: 'below request faults, which may strike any request; above all that asks an endpoint, for none is asked',
  build: ({ rule }) => {
    if (!rule.redirect) return NOTHING;
    const { status } = rule.redirect;
    const location = locationOf(rule.redirect, rule.match?.path?.prefix);
    return {
      request: (exchange) => {
        const { hostname, target } = exchange.head;
        exchange.answerPlainly(
          status,
          changedFields({ location: location(hostname, target) }, rule.responseHeaders),
          '',
        );
        return ANSWERED;
      },
    };
  },
};

/**
 * A reference relative to what the client asked for (RFC 9110 10.2.2): a scheme that is not named is not guessed, as
 * TLS may end in front of this proxy. A new scheme has its own port unless one is named.
 */
export function locationOf(to: Redirect, matched: string | undefined): (hostname: string, target: string) => string {
  const newTarget = to.path && targetRewrite(to.path, matched);
  const namesAuthority = to.scheme !== undefined || to.host !== undefined || to.port !== undefined;
  return (hostname, asked) => {
    const target = newTarget ? newTarget(asked) : asked;
    const path = target.startsWith('/') ? target : '/';
    const host = to.host ?? hostname;
    // Two slashes at the start would name a host, and one that the client chose.
    if (!namesAuthority || host === '') return path.replace(/^\/[/\\]+/, '/');
    const scheme = to.scheme === undefined ? '' : `${to.scheme}:`;
    return `${scheme}//${host}${to.port === undefined ? '' : `:${to.port}`}${path}`;
  };
}

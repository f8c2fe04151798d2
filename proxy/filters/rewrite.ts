/** Gives the endpoint another path or host than the client asked for. */
import type { PathRewrite } from '../../contracts/rewrite.ts';
import { pathOf } from '../plan/match.ts';
import { CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const rewrite: Filter = {
  role: 'rewrite',
  why: 'below everything that matches the address as the client wrote it; above shadow and retry: a copy and every attempt ask for the same',
  build: ({ rule }) => {
    if (!rule.rewrite) return NOTHING;
    const { path, host } = rule.rewrite;
    const newTarget = path && targetRewrite(path, rule.match?.path?.prefix);
    return {
      request: (exchange) => {
        const edits = exchange.requestEdits();
        if (host !== undefined) edits.host = host;
        const target = exchange.tunnel === 'connect' ? undefined : newTarget?.(exchange.head.target);
        if (target !== undefined) edits.target = target;
        return CONTINUE;
      },
    };
  },
};

/**
 * @param matched - the prefix that the rule matches, for which `prefix` stands
 * @returns from path and query to path and query; the query is kept, and what is no path (`*`) too
 */
export function targetRewrite(path: PathRewrite, matched = ''): (target: string) => string {
  const rewritten = pathRewrite(path, matched);
  return (target) => {
    if (!target.startsWith('/')) return target;
    const old = pathOf(target);
    return rewritten(old) + target.slice(old.length);
  };
}

function pathRewrite({ exact, prefix, regex, with: by = '/' }: PathRewrite, matched: string): (path: string) => string {
  if (exact !== undefined) return () => exact;
  if (prefix !== undefined) {
    const cut = matched.endsWith('/') ? matched.length - 1 : matched.length;
    const start = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
    return (path) => start + path.slice(cut) || '/';
  }
  const whole = new RegExp(`^(?:${regex ?? ''})$`);
  return (path) => path.replace(whole, by);
}

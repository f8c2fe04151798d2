/** Gives the endpoint another path or Host than the client asked for. */
import type { Rewrite } from '../../contracts/route-actions.ts';
import { CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const rewrite: Filter = {
  role: 'rewrite',
  why: 'below matching and faults, which speak of what the client asked for; above shadow and retry: every copy and attempt gets the same',
  build: ({ rule }) => {
    const spec = rule.rewrite;
    if (!spec) return NOTHING;
    const target = targetRewriter(spec, rule.match?.path?.prefix ?? '');
    return {
      request: (exchange) => {
        // The target of CONNECT is an address, not a path.
        if (exchange.head.isConnect) return CONTINUE;
        const edits = exchange.requestEdits();
        if (target) edits.target = target(exchange.head.target);
        if (spec.host !== undefined) edits.host = spec.host;
        return CONTINUE;
      },
    };
  },
};

type TargetRewriter = (target: string) => string;

/** @param matched - the prefix of the rule's match @returns undefined when the path stays */
function targetRewriter({ path, prefix, regex }: Rewrite, matched: string): TargetRewriter | undefined {
  if (path !== undefined) return (target) => path + queryOf(target);
  if (prefix !== undefined) {
    const from = matched.replace(/\/$/, '').length;
    const base = prefix.replace(/\/$/, '');
    return (target) => {
      const rest = pathOf(target).slice(from);
      return (rest === '' ? base || '/' : base + rest) + queryOf(target);
    };
  }
  if (regex === undefined) return undefined;
  const pattern = new RegExp(regex.pattern, 'g');
  return (target) => clean(pathOf(target).replace(pattern, regex.with)) + queryOf(target);
}

function pathOf(target: string): string {
  const question = target.indexOf('?');
  return question < 0 ? target : target.slice(0, question);
}

/** `?` and what follows, or nothing. */
export function queryOf(target: string): string {
  const question = target.indexOf('?');
  return question < 0 ? '' : target.slice(question);
}

/** What a substitution makes must be a path again: no space or control character may reach the request line. */
function clean(path: string): string {
  const safe = path.replace(/[^\x21-\x7e]|["#<>\\?]/g, (c) => encodeURIComponent(c));
  return safe.startsWith('/') ? safe : `/${safe}`;
}

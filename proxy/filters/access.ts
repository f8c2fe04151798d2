/** Lets in whom the AccessPolicy allows, by the identity that the connection has proven. */
import { ANY_IDENTITY } from '../../contracts/access-policy.ts';
import type { AccessPolicySpec, AccessRule } from '../../contracts/access-policy.ts';
import type { RequestHead } from '../http1/head.ts';
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import { pathPredicate } from '../plan/match.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const access: Filter = {
  role: 'access',
  why: 'above everything that works for the request: who may not ask costs nothing and learns nothing; below telemetry: refusals are counted',
  build: ({ access: policy }) => {
    if (!policy) return NOTHING;
    const allows = compileAccess(policy);
    return {
      request: (exchange) => {
        const { head, host } = exchange.downstream;
        const { peer } = host;
        if (allows(peer?.name, head)) return CONTINUE;
        exchange.answer('ACCESS_DENIED', `${peer?.name ?? 'a caller without an identity'} may not do this`);
        return ANSWERED;
      },
    };
  },
};

type Allows = (name: string | undefined, head: RequestHead) => boolean;

/** @returns says whether the caller may; undefined: it has no identity */
export function compileAccess(policy: Pick<AccessPolicySpec, 'rules' | 'default'>): Allows {
  const rules = policy.rules.map((rule) => ({ matches: compileRule(rule), allowed: rule.action === 'allow' }));
  const otherwise = policy.default === 'allow';
  const usesPaths = policy.rules.some(({ paths }) => paths !== undefined);
  return (name, head) => {
    // What two programs may read in two ways is no path that a rule can speak of.
    if (usesPaths && isAmbiguous(head.target)) return false;
    return rules.find(({ matches }) => matches(name, head))?.allowed ?? otherwise;
  };
}

/**
 * Of a connection that is passed on as bytes only the caller is known: a rule that allows some requests does not allow it,
 * and one that denies some denies it, because it could carry them.
 */
export function compileByteAccess(policy: AccessPolicySpec | undefined): (name: string | undefined) => boolean {
  if (policy === undefined) return () => true;
  const rules = policy.rules.filter((r) => r.action === 'deny' || (r.methods === undefined && r.paths === undefined));
  return (name) => {
    const found = rules.find(({ from }) => name !== undefined && (from.includes(ANY_IDENTITY) || from.includes(name)));
    return (found?.action ?? policy.default) === 'allow';
  };
}

function compileRule({ from, methods, paths }: AccessRule): Allows {
  const [names, anybody] = [new Set(from), from.includes(ANY_IDENTITY)];
  const verbs = methods && new Set(methods);
  const predicates = paths?.map(pathPredicate);
  return (name, head) =>
    name !== undefined &&
    (anybody || names.has(name)) &&
    (verbs === undefined || verbs.has(head.method)) &&
    (predicates === undefined || predicates.some((matches) => matches(head)));
}

/** Dot segments, empty segments, backslashes, and escapes of characters that need none (RFC 3986 6.2.2). */
export function isAmbiguous(target: string): boolean {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  return /\/\/|\\|;|\/\.{1,2}(?:\/|$)|%(?:2[dDeEfF]|3[0-9bB]|[46][1-9a-fA-F]|[57][0-9aA]|5[cCfF]|7[eE]|00)/.test(path);
}

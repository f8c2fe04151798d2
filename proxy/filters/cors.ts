/** Lets browsers of other origins in (the Fetch standard, "CORS protocol"): answers preflights, marks answers. */
import type { Cors } from '../../contracts/route-actions.ts';
import type { HeadEdits } from '../http1/head-edits.ts';
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const cors: Filter = {
  role: 'cors',
  why: 'above limits: a preflight is not a use of the service; and above everything that may answer: a browser reads no answer without these fields',
  build: ({ rule: { cors: spec } }) => {
    if (!spec) return NOTHING;
    const isAllowed = originTest(spec.allowOrigins);
    const preflight = preflightFields(spec);
    return {
      request: (exchange) => {
        const { head } = exchange;
        const origin = head.get('origin');
        const edits = exchange.responseEdits();
        edits.append('vary', 'origin');
        if (origin === undefined) return CONTINUE;
        const allowed = isAllowed(origin);
        if (allowed) mark(edits, spec, origin);
        else edits.remove('access-control-allow-origin');
        if (head.method !== 'OPTIONS' || head.get('access-control-request-method') === undefined) return CONTINUE;
        exchange.answerPlainly(204, allowed ? preflight : '', '');
        return ANSWERED;
      },
    };
  },
};

function mark(edits: HeadEdits, spec: Cors, origin: string): void {
  edits.set('access-control-allow-origin', spec.allowOrigins.includes('*') ? '*' : origin);
  if (spec.allowCredentials) edits.set('access-control-allow-credentials', 'true');
  if (spec.exposeHeaders.length > 0) edits.set('access-control-expose-headers', spec.exposeHeaders.join(', '));
}

function preflightFields({ allowMethods, allowHeaders, maxAge }: Cors): string {
  const headers = allowHeaders.length === 0 ? '' : `access-control-allow-headers: ${allowHeaders.join(', ')}\r\n`;
  const age = `access-control-max-age: ${Math.floor(maxAge / 1_000)}\r\n`;
  return `access-control-allow-methods: ${allowMethods.join(', ')}\r\n${headers}${age}`;
}

/** `*` stands for labels of a host: https://*.shop.example is any subdomain, not shop.example itself. */
export function originTest(patterns: readonly string[]): (origin: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const tests = patterns.map((pattern) => {
    const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[A-Za-z0-9.-]+');
    return new RegExp(`^${escaped}$`, 'i');
  });
  return (origin) => tests.some((test) => test.test(origin));
}

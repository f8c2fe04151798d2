/** Fields that a rule sets, adds and removes: in requests, and in the answers of endpoints. */
import type { FieldChanges } from '../../contracts/header-fields.ts';
import type { HeadEdits } from '../http1/head-edits.ts';
import { CONTINUE } from '../plan/plan.ts';
import type { Filter } from './filter.ts';

export const headerChanges: Filter = {
  role: 'header-changes',
  why: 'above shadow and retry: a copy and every attempt get the same fields; outside of faults: they stand for the endpoint',
  build: ({ rule: { requestHeaders, responseHeaders } }) => ({
    ...(requestHeaders && {
      request: (exchange) => {
        change(exchange.requestEdits(), requestHeaders);
        return CONTINUE;
      },
    }),
    ...(responseHeaders && { respond: (exchange) => change(exchange.responseEdits(), responseHeaders) }),
  }),
};

function change(edits: HeadEdits, { remove, set, add }: FieldChanges): void {
  for (const name of remove) edits.remove(name);
  for (const name in set) edits.set(name, set[name] ?? '');
  for (const name in add) edits.append(name, add[name] ?? '');
}

/** The fields of an answer that the proxy makes itself, as the rule wants them: lines that end in CRLF. */
export function changedFields(
  own: Readonly<Record<string, string>>,
  { remove, set, add }: FieldChanges = { remove: [], set: {}, add: {} },
): string {
  const kept = Object.entries(own).filter(([name]) => !remove.includes(name) && set[name] === undefined);
  const all = [...kept, ...Object.entries(set), ...Object.entries(add)];
  return all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

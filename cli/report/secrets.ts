/** Keeps out of a report what a declaration carries for the eyes of a provider only. Pure. */
import type { SourceDocument } from '../../contracts/document.ts';

const HIDDEN = '(not shown)';
/** Under these keys `headers` are sent to somebody, and may hold a token. */
const SENDERS: readonly string[] = ['web', 'notify', 'webhooks'];

export function withoutSecrets(declared: SourceDocument): SourceDocument {
  return { ...declared, spec: hide(declared.spec, false) as SourceDocument['spec'] };
}

function hide(value: unknown, sent: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner) => hide(inner, sent));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      if (sent && key === 'headers' && typeof inner === 'object' && inner !== null)
        return [key, Object.fromEntries(Object.keys(inner).map((name) => [name, HIDDEN]))];
      return [key, hide(inner, SENDERS.includes(key))];
    }),
  );
}

/** Reads a message of the control plane. Pure: says what it is, and leaves it to the session what follows. */
import { z } from 'zod';
import { FromControl } from '../../contracts/wire.ts';

export type Incoming =
  | { readonly is: 'message'; readonly message: FromControl }
  /** A type that this version does not know: a newer control plane may say more than we need. */
  | { readonly is: 'unknown'; readonly type: string }
  /** Not what the protocol says. `version`: of the configuration that it would have brought, if any. */
  | { readonly is: 'malformed'; readonly version: number | undefined; readonly why: string };

const KNOWN: ReadonlySet<string> = new Set(FromControl.options.map((o) => o.shape.type.value));
const Head = z.object({ type: z.string(), version: z.int().optional().catch(undefined) });

export function readIncoming(text: string): Incoming {
  const parsed = parseJson(text);
  if (!parsed) return { is: 'malformed', version: undefined, why: 'the message is not JSON' };
  const head = Head.safeParse(parsed.value);
  if (!head.success) return { is: 'malformed', version: undefined, why: 'the message has no type' };
  const { type, version } = head.data;
  if (!KNOWN.has(type)) return { is: 'unknown', type };
  const result = FromControl.safeParse(parsed.value);
  if (result.success) return { is: 'message', message: result.data };
  const why = result.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ');
  return { is: 'malformed', version, why: `${type}: ${why}` };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

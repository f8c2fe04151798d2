/** What a proxy sent, checked. Pure. */
import type { RawData } from 'ws';
import { FromProxy } from '../../contracts/wire.ts';

export type Incoming = { readonly message: FromProxy } | { readonly malformed: string };

/** Never throws: what is not of the protocol is said in words. */
export function readMessage(data: RawData): Incoming {
  let json: unknown;
  try {
    json = JSON.parse((data as Buffer).toString('utf8'));
  } catch (error) {
    return { malformed: error instanceof Error ? error.message : String(error) };
  }
  const checked = FromProxy.safeParse(json);
  if (checked.success) return { message: checked.data };
  return { malformed: checked.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ') };
}

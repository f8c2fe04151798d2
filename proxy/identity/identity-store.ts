/** The identity on disk, so that a proxy that starts again while its control plane is away is still somebody. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { replaceFile } from '../mesh/replace-file.ts';
import type { Identity } from './identity.ts';
import type { Lifetime } from './lifetime.ts';

const FORMAT = 1;
const OTHERS = 0o077;
const File = z.object({
  format: z.literal(FORMAT),
  identity: z.object({
    trustDomain: z.string(),
    name: z.string(),
    certificate: z.string(),
    key: z.string(),
    bundle: z.string(),
  }),
  lifetime: z.object({ issuedAtMs: z.number(), expiresAtMs: z.number(), renewAtMs: z.number() }),
});

export type Kept = { readonly identity: Identity; readonly lifetime: Lifetime };

export type IdentityStore = {
  /** @returns undefined when there is none, or none that may be used (the log says which) */
  readonly load: () => Promise<Kept | undefined>;
  readonly save: (kept: Kept) => Promise<void>;
};

export function identityStore(dataDir: string, log: Logger): IdentityStore {
  const path = join(dataDir, 'identity.json');
  return {
    load: () => load(path, log),
    save: (kept) => replaceFile(path, JSON.stringify({ format: FORMAT, ...kept })),
  };
}

async function load(path: string, log: Logger): Promise<Kept | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS) !== 0) throw new Error('others may read the key in it');
    const { identity, lifetime } = File.parse(JSON.parse(await readFile(path, 'utf8')));
    return { identity, lifetime };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    log.warn({ err: error, path }, 'the identity on disk cannot be used; a new one is asked for');
    return undefined;
  }
}

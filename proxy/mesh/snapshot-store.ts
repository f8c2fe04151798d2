/**
 * The last good configuration on disk, so that a proxy starts while its control plane is away. Never overlays: what an
 * experiment lays over the configuration must not outlive its lease.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { withDocuments } from './document-set.ts';
import type { DocumentSet } from './document-set.ts';
import { replaceFile } from './replace-file.ts';

const FORMAT = 1;
const File = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  documents: z.array(z.record(z.string(), z.unknown())),
});

export type Stored = { readonly version: number; readonly documents: DocumentSet };

export type SnapshotStore = {
  /** @returns undefined when there is none, or none that can be read (the log says which) */
  readonly load: () => Promise<Stored | undefined>;
  /** Durable when it resolves: a crash at any instant leaves the old file or the new one, whole. */
  readonly save: (stored: Stored) => Promise<void>;
};

export function snapshotStore(dataDir: string, log: Logger): SnapshotStore {
  const path = join(dataDir, 'snapshot.json');
  return {
    load: () => load(path, log),
    save: ({ version, documents }) =>
      replaceFile(path, JSON.stringify({ format: FORMAT, version, documents: [...documents.values()] })),
  };
}

async function load(path: string, log: Logger): Promise<Stored | undefined> {
  try {
    const { version, documents } = File.parse(JSON.parse(await readFile(path, 'utf8')));
    return { version, documents: withDocuments(new Map(), documents) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    log.warn({ err: error, path }, 'the configuration on disk cannot be read; it is ignored');
    return undefined;
  }
}

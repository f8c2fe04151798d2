import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { service } from '../testing/documents.ts';
import { snapshotStore } from './snapshot-store.ts';
import type { Stored } from './snapshot-store.ts';

const stored: Stored = { version: 3, documents: new Map([['Service/a', service('a', '127.0.0.1:1')]]) };

describe('the configuration on disk', () => {
  let folder: string;
  let said: string;
  const log = pino({ level: 'warn' }, { write: (line: string) => void (said += line) });
  beforeEach(async () => {
    said = '';
    folder = await mkdtemp(join(tmpdir(), 'snapshot-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('comes back as it was kept, and leaves no other file behind', async () => {
    const store = snapshotStore(join(folder, 'deep', 'er'), log);
    await store.save({ version: 2, documents: new Map() });
    await store.save(stored);
    expect(await store.load()).toEqual(stored);
    expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['snapshot.json']);
  });

  it('is nothing, without a word, before the first', async () => {
    expect(await snapshotStore(folder, log).load()).toBeUndefined();
    expect(said).toBe('');
  });

  it('is ignored, and the log says so, when it is damaged in any way', async () => {
    const store = snapshotStore(folder, log);
    await store.save(stored);
    const whole = await readFile(join(folder, 'snapshot.json'), 'utf8');
    for (const text of [
      '',
      whole.slice(0, -1),
      '[]',
      '{"format":2,"version":1,"documents":[]}',
      '{"format":1,"version":1,"documents":[{}]}',
    ]) {
      said = '';
      await writeFile(join(folder, 'snapshot.json'), text);
      expect(await store.load()).toBeUndefined();
      expect(said).toContain('the configuration on disk cannot be read; it is ignored');
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { openStore } from './libsql-store.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Store } from './store.ts';

const now = (): Date => new Date('2026-01-02T03:04:05Z');

function entry(experimentId: string, seq: number, at = '2026-01-01T00:00:00.000Z'): JournalEntry {
  return { experimentId, seq, at, type: 'step', message: 'a step', data: { weightPpm: 10_000 } };
}

function document(name: string, stable = 'v1'): SourceDocument {
  return { apiVersion: 'meshproof.dev/v1', kind: 'Service', metadata: { name }, spec: { stable } };
}

describe.each(['in memory', 'in a file'])('the store %s', (where) => {
  let store: Store;
  let folder: string;
  const url = (): string => (where === 'in memory' ? ':memory:' : pathToFileURL(join(folder, 'm.db')).href);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meshproof-store-'));
    store = await openStore(url(), now);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('raises the version with each change that the proxies must know, and with no other', async () => {
    expect(await store.configVersion()).toBe(0);
    expect(await store.changeDocuments([document('a')], [], true)).toBe(1);
    expect(await store.changeDocuments([document('b')], [], false)).toBe(1);
    expect(await store.changeDocuments([], ['Service/a'], true)).toBe(2);
    expect(await store.configVersion()).toBe(2);
    expect(await store.documents()).toEqual([document('b')]);
  });

  it('keeps one document under a key: the last', async () => {
    await store.changeDocuments([document('a')], [], true);
    await store.changeDocuments([document('a', 'v2')], [], true);
    expect(await store.documents()).toEqual([document('a', 'v2')]);
  });

  it('refuses a number of the journal that is taken, and writes nothing of that call', async () => {
    await store.appendJournal([entry('x', 0), entry('x', 1)]);
    await expect(store.appendJournal([entry('x', 2), entry('x', 1)])).rejects.toThrow();
    expect((await store.readJournal('x')).map((e) => e.seq)).toEqual([0, 1]);
    await store.appendJournal([entry('x', 2)]);
    expect(await store.readJournal('x')).toMatchObject([entry('x', 0), entry('x', 1), entry('x', 2)]);
  });

  it('lists journals in the order of their start', async () => {
    await store.appendJournal([entry('late', 0, '2026-01-03T00:00:00.000Z')]);
    await store.appendJournal([entry('early', 0, '2026-01-02T00:00:00.000Z')]);
    await store.appendJournal([entry('early', 1, '2026-01-04T00:00:00.000Z')]);
    expect(await store.journals()).toEqual(['early', 'late']);
  });

  it('keeps one overlay for each experiment until it is dropped', async () => {
    const overlay = {
      experimentId: 'x',
      experiment: 'c',
      epoch: 1,
      service: 'a',
      baseline: 'v1',
      candidate: 'v2',
      candidatePpm: 1,
      shield: false,
      seed: 1,
      leaseMs: 1_000,
    };
    await store.setOverlay(overlay);
    await store.setOverlay({ ...overlay, epoch: 2 });
    expect(await store.overlays()).toEqual([{ ...overlay, epoch: 2 }]);
    await store.dropOverlay('x');
    await store.dropOverlay('x');
    expect(await store.overlays()).toEqual([]);
  });

  it('takes calls that overlap', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.changeDocuments([document(`d${i}`)], [], true)));
    expect(await store.configVersion()).toBe(20);
  });
});

describe('the file of a store', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'meshproof-store-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read again by the next process, and the schema is made once', async () => {
    const url = pathToFileURL(join(folder, 'm.db')).href;
    const first = await openStore(url, now);
    await first.changeDocuments([document('a')], [], true);
    await first.appendJournal([entry('x', 0)]);
    await first.close();
    const second = await openStore(url, now);
    expect([await second.documents(), await second.configVersion(), await second.readJournal('x')]).toMatchObject([
      [document('a')],
      1,
      [entry('x', 0)],
    ]);
    await second.close();
    const reader = createClient({ url });
    const { rows } = await reader.execute('SELECT COUNT(*) AS n FROM schema_version');
    expect(rows[0]?.['n']).toBe(MIGRATIONS.length);
    expect((await reader.execute('PRAGMA journal_mode')).rows[0]?.['journal_mode']).toBe('wal');
    reader.close();
  });
});

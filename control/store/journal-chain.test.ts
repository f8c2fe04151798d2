import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { InStatement } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { openStore } from './libsql-store.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Store } from './store.ts';

let folder: string;
let url: string;
let store: Store;

const now = (): Date => new Date('2026-01-02T03:04:05Z');

function entry(seq: number, message = `entry ${seq}`): JournalEntry {
  const at = '2026-01-01T00:00:00.000Z';
  const data = { weightPpm: seq, nothing: undefined, state: { stepIndex: seq, z: 1, a: [1, { c: 2, b: 3 }] } };
  return { experimentId: 'x', seq, at, type: 'step', message, data };
}

/** Changes the file behind the store's back. */
async function tamper(...statements: InStatement[]): Promise<void> {
  const client = createClient({ url });
  await client.batch(statements, 'write');
  client.close();
}

async function breaks(): Promise<string[]> {
  return (await store.verifyJournal('x')).breaks.map(({ seq, kind }) => `${kind} ${seq}`);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshproof-chain-'));
  url = pathToFileURL(join(folder, 'm.db')).href;
  store = await openStore(url, now);
  for (let seq = 0; seq < 8; seq += 2) await store.appendJournal([entry(seq), entry(seq + 1)]);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the chain of a journal', () => {
  it('is intact as it was written, and after the next process opened it', async () => {
    expect(await store.verifyJournal('x')).toMatchObject({ intact: true, entries: 8, chainedFrom: 0, breaks: [] });
    await store.close();
    store = await openStore(url, now);
    await store.appendJournal([entry(8)]);
    expect(await store.verifyJournal('x')).toMatchObject({ intact: true, entries: 9 });
  });

  it.each([
    ['a message', `UPDATE journal SET message = 'all was well' WHERE seq = 3`],
    ['a time', `UPDATE journal SET at = '2026-01-01T00:00:01.000Z' WHERE seq = 3`],
    ['a type', `UPDATE journal SET type = 'promote' WHERE seq = 3`],
    ['a figure of its data', `UPDATE journal SET data = REPLACE(data, '"weightPpm":3', '"weightPpm":4') WHERE seq = 3`],
    ['its state', `UPDATE journal SET data = REPLACE(data, '"stepIndex":3', '"stepIndex":4') WHERE seq = 3`],
    ['its state, taken away', `UPDATE journal SET data = '{"weightPpm":3}' WHERE seq = 3`],
    ['its data, cut off', `UPDATE journal SET data = SUBSTR(data, 1, 9) WHERE seq = 3`],
    ['its hash, taken away', `UPDATE journal SET hash = NULL WHERE seq = 3`],
  ])('tells an entry that was changed: %s', async (_what, sql) => {
    await tamper(sql);
    expect((await breaks())[0]).toBe('changed 3');
  });

  it('does not mind the order of keys, nor white space', async () => {
    await tamper(
      `UPDATE journal SET data = '{ "state": {"z":1, "a":[1,{"b":3,"c":2}], "stepIndex":3}, "weightPpm":3 }' WHERE seq = 3`,
    );
    expect(await breaks()).toEqual([]);
  });

  it('tells an entry that was removed', async () => {
    await tamper('DELETE FROM journal WHERE seq = 3');
    expect(await breaks()).toEqual(['removed 3']);
  });

  it('tells the entry after one that was removed, though it was given its number', async () => {
    await tamper('DELETE FROM journal WHERE seq = 3', 'UPDATE journal SET seq = seq - 1 WHERE seq > 3');
    expect((await breaks())[0]).toBe('moved 3');
  });

  it('tells entries that were removed from the end, also when others were written after that', async () => {
    await tamper('DELETE FROM journal WHERE seq > 5');
    expect(await breaks()).toEqual(['removed 6']);
    await store.appendJournal([entry(6, 'another 6'), entry(7, 'another 7'), entry(8)]);
    expect(await breaks()).toEqual(['removed 6']);
  });

  it('tells a journal of which nothing is left', async () => {
    await tamper('DELETE FROM journal');
    expect(await store.verifyJournal('x')).toMatchObject({ intact: false, breaks: [{ kind: 'removed', seq: 0 }] });
    expect(await store.journals()).toEqual(['x']);
  });

  it('tells an entry that was inserted', async () => {
    await tamper(
      'UPDATE journal SET seq = seq + 101 WHERE seq > 3',
      'UPDATE journal SET seq = seq - 100 WHERE seq > 100',
      `INSERT INTO journal SELECT experiment_id, 4, at, type, 'approved', data, previous, hash, state_hash FROM journal WHERE seq = 3`,
    );
    const found = await breaks();
    expect(found[0]).toBe('inserted 4');
    expect(found).toContain('moved 5');
  });

  it('tells entries that changed places', async () => {
    await tamper(
      'UPDATE journal SET seq = 100 WHERE seq = 3',
      'UPDATE journal SET seq = 3 WHERE seq = 4',
      'UPDATE journal SET seq = 4 WHERE seq = 100',
    );
    expect(await breaks()).toEqual(expect.arrayContaining(['moved 3', 'moved 4']));
  });

  it('tells an entry that was changed with its hash made anew', async () => {
    await tamper(`UPDATE journal SET previous = '${'1'.repeat(64)}' WHERE seq = 3`);
    expect((await breaks())[0]).toBe('changed 3');
  });
});

describe('a store from before the chain', () => {
  it('chains its journals once, and says from where on they were chained when they were written', async () => {
    const old = pathToFileURL(join(folder, 'old.db')).href;
    const client = createClient({ url: old });
    await client.batch([
      'CREATE TABLE schema_version (version INTEGER NOT NULL)',
      'INSERT INTO schema_version VALUES (1)',
    ]);
    await client.batch([...(MIGRATIONS[0]?.statements ?? [])]);
    for (const seq of [0, 1, 2])
      await client.execute({
        sql: 'INSERT INTO journal (experiment_id, seq, at, type, message, data) VALUES (?, ?, ?, ?, ?, ?)',
        args: ['x', seq, '2025-01-01T00:00:00.000Z', 'step', 'old', '{"state": {"b": 1, "a": 2}}'],
      });
    client.close();
    const upgraded = await openStore(old, now);
    expect(await upgraded.verifyJournal('x')).toMatchObject({ intact: true, entries: 3, chainedFrom: 3 });
    await upgraded.appendJournal([entry(3)]);
    expect(await upgraded.verifyJournal('x')).toMatchObject({ intact: true, entries: 4, chainedFrom: 3 });
    await upgraded.close();
  });
});

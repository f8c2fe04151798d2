import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API } from '../../contracts/paths.ts';
import { canary, service, testControl } from '../../control/testing/running-control.ts';
import type { TestControl } from '../../control/testing/running-control.ts';
import type { Result } from '../testing/fake-terminal.ts';
import { meshproof } from '../testing/fake-terminal.ts';

let control: TestControl;
let cwd: string;

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'meshproof-journal-'));
  control = await testControl();
  await control.ask('PUT', API.documents, { documents: [service()] });
  await control.ask('POST', API.experiments, { document: canary() });
  await control.ask('POST', API.abort('reviews-v2'), { reason: 'enough' });
});
afterEach(async () => {
  await control.dispose();
  rmSync(cwd, { recursive: true, force: true });
});

function type(...argv: string[]): Promise<Result> {
  return meshproof(argv, { cwd, env: { MESHPROOF_SERVER: control.address } });
}

async function tamper(sql: string): Promise<void> {
  const client = createClient({ url: pathToFileURL(join(control.dataDir, 'meshproof.db')).href });
  await client.execute(sql);
  client.close();
}

async function exported(): Promise<string> {
  const { stdout } = await type('get', 'journal', 'reviews-v2', '-o', 'json');
  writeFileSync(join(cwd, 'journal.json'), stdout);
  return stdout;
}

describe('journal verify', () => {
  it('finds a journal intact, by the name of its experiment, by the id of its run, and among all', async () => {
    const byName = await type('journal', 'verify', 'reviews-v2');
    expect(byName).toMatchObject({ exit: 0 });
    const id = /^(exp_\w+): intact, \d+ entries\n {2}head [0-9a-f]{64}\n$/.exec(byName.stdout)?.[1] ?? '';
    expect(await type('journal', 'verify', id)).toEqual(byName);
    expect(await type('journal', 'verify')).toEqual(byName);
  });

  it('exits with 65 and names the entry when the database was changed behind its back', async () => {
    await tamper(`UPDATE journal SET message = 'promoted by nobody' WHERE seq = 2`);
    const { exit, stdout } = await type('journal', 'verify', 'reviews-v2');
    expect(exit).toBe(65);
    expect(stdout).toContain('entry 2 was changed after it was written');
  });

  it('verifies an exported journal without the states and without a control plane', async () => {
    const text = await exported();
    expect(text).not.toContain('"outbox"');
    expect(await type('journal', 'verify', '--file', 'journal.json')).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, 'journal.json'), text.replace('enough', 'too much'));
    expect(await type('journal', 'verify', '--file', 'journal.json')).toMatchObject({ exit: 65 });
  });

  it('misses the end of an exported journal only when its hash was noted elsewhere', async () => {
    const entries = JSON.parse(await exported()) as { chain: { hash: string } }[];
    const head = entries.at(-1)?.chain.hash ?? '';
    writeFileSync(join(cwd, 'short.json'), JSON.stringify(entries.slice(0, -1)));
    expect(await type('journal', 'verify', '--file', 'short.json')).toMatchObject({ exit: 0 });
    expect(await type('journal', 'verify', '--file', 'short.json', '--head', head)).toMatchObject({ exit: 65 });
    expect(await type('journal', 'verify', '--file', 'journal.json', '--head', head)).toMatchObject({ exit: 0 });
  });

  it('says what is wrong with a file that is no journal', async () => {
    writeFileSync(join(cwd, 'other.json'), '{"entries": [{"seq": 1}]}');
    expect((await type('journal', 'verify', '--file', 'other.json')).stderr).toContain('does not hold a journal');
    expect(await type('journal', 'verify', '--file', 'none.json')).toMatchObject({ exit: 64 });
  });
});

describe('a run whose journal was forged while no control plane ran', () => {
  it('is not taken up again: its overlay is dropped, and the journal says why', async () => {
    await control.ask('POST', API.experiments, { document: canary('reviews-v3') });
    const { id } = control.plane.experiment('reviews-v3');
    await control.close();
    await tamper(`UPDATE journal SET message = 'forged' WHERE experiment_id = '${id}' AND seq = 1`);
    control = await testControl(control.dataDir);
    expect(control.plane.experiment('reviews-v3')).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(control.plane.experiment('reviews-v3').reason).toContain('entry 1 was changed');
    expect(control.plane.experiment('reviews-v2')).toMatchObject({
      phase: 'rolled-back',
      haltedBy: expect.any(String),
    });
  });
});

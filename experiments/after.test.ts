import { describe, expect, it } from 'vitest';
import { crossCheck } from '../contracts/validate.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import type { RunnerApi } from './ports.ts';
import { createRunner } from './runner.ts';
import { declare, Drive, traffic } from './testing/drive.ts';

const fail = (drive: Drive): unknown => Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.5 } }).of);

function named(name: string, spec: Record<string, unknown> = {}) {
  const { document, source } = declare('Canary', spec);
  return {
    document: { ...document, metadata: { name } } as typeof document,
    source: { ...source, metadata: { name } },
  };
}

function start(runner: RunnerApi, id: string, name: string, spec: Record<string, unknown> = {}) {
  const { document, source } = named(name, spec);
  return runner.run(id, document, source);
}

/** The first release, v1 -> v2, runs; the second, v2 -> v3, comes after it. */
async function two(): Promise<Drive> {
  const drive = new Drive();
  drive.world.versions = ['v1', 'v2', 'v3'];
  await drive.start();
  await start(drive.runner, 'exp_2', 'reviews-v3', { after: ['reviews-v2'], baseline: 'v2', candidate: 'v3' });
  return drive;
}
const second = (drive: Drive) => {
  const view = drive.runner.view('reviews-v3');
  if (!view) throw new Error('there is no second run');
  return view;
};

describe('an experiment after another', () => {
  it('waits without touching anything, and starts by itself when that one has passed', async () => {
    const drive = await two();
    expect(second(drive)).toMatchObject({ phase: 'declared', waitsFor: 'after', verdict: 'PENDING' });
    expect(second(drive).reason).toBe('starts when reviews-v2 has passed');
    expect(gateStatus(second(drive)).status).toBe('PENDING');
    await drive.until(() => drive.view.phase === 'watching');
    expect([...drive.world.overlays.keys()]).toEqual(['exp_1']);
    await drive.until(() => second(drive).phase === 'measuring', 60_000);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect([...drive.world.overlays.keys()]).toEqual(['exp_2']);
    for (const { type } of drive.world.entries('exp_2')) expect(JOURNAL_TYPES).toHaveProperty(type);
  });

  it('measures its baseline for as long as it says, although it has waited', async () => {
    const drive = await two();
    await drive.until(() => second(drive).phase === 'measuring', 60_000);
    await drive.run(1_000);
    expect(second(drive).phase).toBe('measuring');
  });

  it('asks its webhooks before the start when its turn has come, not before', async () => {
    const drive = new Drive();
    drive.world.versions = ['v1', 'v2', 'v3'];
    await drive.start();
    const webhooks = [{ name: 'ci', at: 'before-start', url: 'https://ci.example', onNo: 'wait' }];
    drive.world.reply = () => ({ answer: 'no', says: 'not yet' });
    const spec = { after: ['reviews-v2'], baseline: 'v2', candidate: 'v3', webhooks };
    await start(drive.runner, 'exp_2', 'reviews-v3', spec);
    await drive.until(() => drive.ended);
    expect(drive.world.questions).toEqual([]);
    await drive.until(() => second(drive).waitsFor === 'webhook', 10_000);
    await drive.run(5_000);
    expect(second(drive)).toMatchObject({ phase: 'declared', waitsFor: 'webhook' });
    drive.world.reply = () => ({ answer: 'yes', says: '' });
    await drive.until(() => second(drive).phase === 'measuring', 30_000);
    await drive.run(1_000);
    expect(second(drive).phase).toBe('measuring');
  });

  it('does not start when that one fails, and says why', async () => {
    const drive = await two();
    fail(drive);
    await drive.until(() => second(drive).endedAt !== null, 60_000);
    expect(second(drive)).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', waitsFor: null });
    expect(second(drive).reason).toMatch(/^did not start: reviews-v2 ended FAIL: rolled back: /);
    expect(drive.world.entries('exp_2').map((e) => e.type)).toEqual(['declared', 'waiting', 'not-started']);
    expect(drive.world.overlays.size).toBe(0);
  });

  it('does not start when that one is aborted', async () => {
    const drive = await two();
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.runner.abort('reviews-v2', 'ada', 'no');
    await drive.until(() => second(drive).endedAt !== null, 60_000);
    expect(second(drive).reason).toMatch(/^did not start: reviews-v2 ended INCONCLUSIVE: aborted by ada/);
  });

  it('does not start on a stable version that is not its baseline', async () => {
    const drive = new Drive();
    await drive.start();
    await start(drive.runner, 'exp_2', 'reviews-v3', { after: ['reviews-v2'] });
    await drive.until(() => second(drive).endedAt !== null, 60_000);
    expect(second(drive).reason).toMatch(/^did not start: the stable version of reviews is v2/);
  });

  it('can be aborted, halted and named only once while it waits', async () => {
    const drive = await two();
    await expect(start(drive.runner, 'exp_3', 'reviews-v3')).rejects.toMatchObject({ code: 'EXPERIMENT_RUNNING' });
    await drive.runner.abort('reviews-v3', 'ada', 'not today');
    await drive.run(1_000);
    expect(second(drive)).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: 'ada' });
    expect(drive.view.phase).toBe('measuring');
  });

  it('waits on in a new process, and its deadline has not moved', async () => {
    const drive = await two();
    await drive.until(() => drive.view.phase === 'stepping');
    drive.process.kill();
    drive.world.pass(3_600_000);
    drive.process = drive.world.process();
    drive.runner = createRunner(drive.process.ports);
    await drive.runner.resume();
    expect(second(drive)).toMatchObject({ phase: 'declared', waitsFor: 'after' });
    // The first one's own deadline came meanwhile.
    await drive.until(() => second(drive).endedAt !== null, 60_000);
    expect(second(drive).reason).toMatch(/^did not start: reviews-v2 ended INCONCLUSIVE/);
  });

  it('starts at once when that one has passed already, and is refused when it has not', async () => {
    const drive = await two();
    await drive.until(() => drive.view.endedAt !== null, 60_000);
    await drive.runner.abort('reviews-v3', 'ada', 'again');
    await drive.run(1_000);
    const spec = { baseline: 'v2', candidate: 'v3' };
    const again = await start(drive.runner, 'exp_3', 'other', { ...spec, after: ['reviews-v2'] });
    expect(again).toMatchObject({ phase: 'measuring', waitsFor: null });
    await expect(start(drive.runner, 'exp_4', 'last', { ...spec, after: ['reviews-v3'] })).rejects.toMatchObject({
      code: 'AFTER_NOT_PASSED',
      detail: expect.stringContaining('reviews-v3 ended INCONCLUSIVE: aborted by ada'),
    });
  });

  it('is refused when nobody knows the other one, with the nearest name', async () => {
    const drive = await two();
    const run = (after: string) =>
      start(drive.runner, 'exp_3', 'x', { after: [after], baseline: 'v2', candidate: 'v3' });
    await expect(run('reviews-v22')).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      detail: expect.stringContaining('did you mean "reviews-v2"?'),
    });
    await expect(run('x')).rejects.toMatchObject({ detail: expect.stringContaining('it would wait for itself') });
  });
});

describe('an order that cannot be kept', () => {
  it.each([
    [['a', 'a']],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ],
  ])('is refused before anything runs: %j %j', (...pairs) => {
    const documents = pairs.map(([name = '', after]) => named(name, { after: [after] }).document);
    const issues = crossCheck(documents);
    expect(issues).toHaveLength(pairs.length);
    expect(issues[0]).toMatchObject({ index: 0, path: ['spec', 'after', 0] });
    expect(issues[0]?.message).toMatch(/^it would wait for itself: a after .*a$/);
  });

  it('is no matter of names that only follow a circle, or of others', () => {
    const pairs: [string, string][] = [
      ['b', 'c'],
      ['c', 'd'],
    ];
    expect(crossCheck(pairs.map(([name, after]) => named(name, { after: [after] }).document))).toEqual([]);
  });
});

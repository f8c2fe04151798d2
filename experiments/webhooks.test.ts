import { describe, expect, it } from 'vitest';
import type { ExperimentKind } from '../contracts/document.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import type { Answer } from './ports.ts';
import { Drive, ID, traffic } from './testing/drive.ts';
import type { Traffic } from './testing/drive.ts';

const YES: Answer = { answer: 'yes', says: '' };
const NO: Answer = { answer: 'no', says: '409: the change board has not met' };
const SILENCE: Answer = { answer: 'error', says: 'no answer within 10s' };

const hook = (at: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: at,
  at,
  url: 'https://ci.example/gate',
  ...more,
});

const LOADS: Readonly<Record<ExperimentKind, () => Traffic>> = {
  Canary: () => traffic(),
  BlueGreen: () => ({ ...traffic(), previewRps: 20 }),
  ABTest: () => traffic({ v1: { goalRate: 0.2 }, v2: { goalRate: 0.3 } }, 1_000),
  Chaos: () => traffic(),
  Shadow: () => traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0 } }),
};

async function started(
  webhooks: readonly Record<string, unknown>[],
  { kind = 'Canary', ...spec }: { kind?: ExperimentKind; [key: string]: unknown } = {},
): Promise<Drive> {
  const d = new Drive(LOADS[kind]());
  await d.start({ webhooks, ...spec }, kind);
  return d;
}

function asked(d: Drive): string[] {
  return d.world.questions.map(({ type, step }) => `${type} ${step}`);
}

function told(d: Drive, type: string): string[] {
  return d.world.entries(ID).flatMap((entry) => (entry.type === type ? [entry.message] : []));
}

describe('webhooks of a run', () => {
  it('are asked before the start, each step and the promotion, and let it go on when all say yes', async () => {
    const d = await started([hook('before-start'), hook('before-step'), hook('before-promotion')]);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(asked(d)).toEqual(['before-start 0', 'before-step 1', 'before-step 2', 'before-promotion 2']);
    expect(told(d, 'answered')).toHaveLength(4);
    for (const type of d.types()) expect(JOURNAL_TYPES).toHaveProperty(type);
  });

  it.each([
    ['BlueGreen', ['before-step 1', 'before-step 2', 'before-promotion 2']],
    ['ABTest', ['before-step 1', 'before-promotion 1']],
    ['Chaos', ['before-step 1']],
    ['Shadow', ['before-step 1']],
  ] as const)('are asked at the same places in the life of a %s', async (kind, questions) => {
    const releases = kind === 'BlueGreen' || kind === 'ABTest';
    const last = releases ? [hook('before-promotion')] : [];
    const spec = kind === 'ABTest' ? { kind, promote: 'winner' } : { kind };
    const d = await started([hook('before-start'), hook('before-step'), ...last, hook('during')], spec);
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
    expect(asked(d).filter((q) => !q.startsWith('during'))).toEqual(['before-start 0', ...questions]);
    expect(asked(d)).toContain('during 1');
  });

  it('are told what the run is about to do', async () => {
    const d = await started([hook('before-step', { metadata: { team: 'payments' } })]);
    await d.until(() => d.ended);
    expect(d.world.questions[1]).toMatchObject({
      name: 'reviews-v2',
      run: ID,
      kind: 'Canary',
      service: 'reviews',
      baseline: 'v1',
      candidate: 'v2',
      phase: 'stepping',
      step: 2,
      steps: 2,
      weight: 50,
      metadata: { team: 'payments' },
    });
  });

  it('lay nothing over the traffic before the start, and say that they are waited for', async () => {
    const d = await started([hook('before-start', { onNo: 'wait', interval: '5s' })]);
    d.world.reply = () => NO;
    await d.run(20_000);
    expect(d.world.overlays.size).toBe(0);
    expect(d.view).toMatchObject({ phase: 'declared', waitsFor: 'webhook' });
    expect(d.view.reason).toBe('the start waits for the answer of before-start');
    expect(gateStatus(d.view)).toMatchObject({ status: 'PENDING', ok: false });
    expect(d.world.questions.length).toBeGreaterThan(2);
    expect(d.world.questions.length).toBeLessThan(6);
    expect(told(d, 'answered'), 'said once').toHaveLength(1);
    d.world.reply = () => YES;
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
  });

  it('end it INCONCLUSIVE when one says no, with its words', async () => {
    const d = await started([hook('before-promotion')]);
    d.world.reply = () => NO;
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: null });
    expect(d.view.reason).toBe(
      'rolled back: the webhook before-promotion says no (before-promotion): 409: the change board has not met',
    );
    expect(d.world.moves).toEqual([]);
    expect(d.world.entries(ID).find((e) => e.type === 'verdict')?.data).toMatchObject({
      webhook: { name: 'before-promotion', answer: 'no' },
    });
  });

  it('end it without an answer too, unless the document ignores that', async () => {
    const strict = await started([hook('before-step')]);
    strict.world.reply = () => SILENCE;
    await strict.until(() => strict.ended);
    expect(strict.view).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(strict.view.reason).toContain('gave no answer (before-step 1): no answer within 10s');
    const lenient = await started([hook('before-step', { onError: 'ignore' }), hook('during', { onError: 'ignore' })]);
    lenient.world.reply = () => SILENCE;
    await lenient.until(() => lenient.ended);
    expect(lenient.view).toMatchObject({ verdict: 'PASS', phase: 'promoted' });
    expect(told(lenient, 'answered'), 'two steps, and the one during said once').toHaveLength(3);
  });

  it('wait no longer than the deadline', async () => {
    const d = await started([hook('before-start', { onNo: 'wait' })], { deadline: '1m' });
    d.world.reply = () => NO;
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ verdict: 'INCONCLUSIVE', phase: 'rolled-back' });
    expect(d.world.overlayLog).toEqual([]);
  });

  it('fail the candidate at once when one says no while it serves', async () => {
    const d = await started([hook('during', { interval: '1s' })], { hold: { min: '30s', max: '60s' } });
    await d.until(() => d.world.questions.length > 3);
    d.world.reply = () => NO;
    expect(await d.until(() => d.ended)).toBeLessThan(2_000);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(d.world.overlays.size).toBe(0);
  });

  it('hold up no rollback: a bad candidate goes back while one is waited for', async () => {
    const d = await started([hook('before-step')]);
    d.world.reply = (_hook, { step }) => (step === 1 ? YES : new Promise(() => undefined));
    await d.until(() => d.view.waitsFor === 'webhook' && d.view.phase === 'stepping');
    Object.assign(d.traffic.of, traffic({ v2: { errorRate: 0.5 } }).of);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
  });

  it('are asked one after the other, and no more after the first no', async () => {
    const d = await started([hook('before-start'), hook('before-start', { name: 'second' })]);
    d.world.reply = () => NO;
    await d.until(() => d.ended);
    expect(d.world.questions).toHaveLength(1);
  });

  it('are no obstacle for a person who promotes', async () => {
    const d = await started([hook('before-promotion', { onNo: 'wait' })]);
    d.world.reply = () => NO;
    await d.until(() => d.view.waitsFor === 'webhook');
    await d.runner.promote('reviews-v2', 'ada', 'it is fine');
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });

  it('are asked again by a new process, and never skipped', async () => {
    const d = await started([hook('before-start', { onNo: 'wait' }), hook('before-step', { onNo: 'wait' })]);
    d.world.reply = () => NO;
    await d.run(1_000);
    await d.restart(2_000);
    expect(d.view).toMatchObject({ phase: 'declared', waitsFor: 'webhook' });
    d.world.reply = ({ at }) => (at === 'before-start' ? YES : NO);
    await d.until(() => d.view.phase === 'measuring');
    await d.until(() => d.view.waitsFor === 'webhook');
    expect(d.world.overlayLog.length).toBeGreaterThan(0);
    await d.restart(1_000);
    await d.run(5_000);
    expect(d.view).toMatchObject({ phase: 'measuring', waitsFor: 'webhook', stepIndex: 0 });
    expect(d.served['v2'] ?? 0).toBe(0);
    d.world.reply = () => YES;
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
  });

  it('are written down before they are asked', async () => {
    const d = await started([hook('before-start')]);
    d.world.reply = () => {
      expect(told(d, 'waiting')).toEqual(['the start waits for the answer of before-start']);
      return YES;
    };
    await d.until(() => d.ended);
    expect(d.world.questions).toHaveLength(1);
  });
});

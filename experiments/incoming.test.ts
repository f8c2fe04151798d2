import { describe, expect, it } from 'vitest';
import type { IncomingBody } from '../contracts/incoming.ts';
import type { Heard } from './ports.ts';
import { canary, declare, Drive, ID, traffic } from './testing/drive.ts';

const NAME = 'reviews-v2';
let messages = 0;

/** With ids of its own, unless one is given. */
function say(d: Drive, body: IncomingBody, id = `ci/m${messages++}`, sender = 'ci'): Promise<Heard> {
  return d.runner.hear(NAME, { sender, id, body });
}

const report = (answer: 'yes' | 'no', gate = 'load-test', reason = 'p99 210 ms'): IncomingBody => ({
  action: 'report',
  gate,
  answer,
  reason,
});

const ci = (sender: Record<string, unknown>): Record<string, unknown> => ({
  incoming: [{ name: 'ci', signingSecret: 'ci-key', ...sender }],
});

async function started(sender: Record<string, unknown>, spec: Record<string, unknown> = {}): Promise<Drive> {
  const d = new Drive(traffic());
  await d.start({ ...ci(sender), ...spec });
  return d;
}

function told(d: Drive, type: string): string[] {
  return d.world.entries(ID).flatMap((entry) => (entry.type === type ? [entry.message] : []));
}

describe('a gate that others report at', () => {
  it('holds the promotion until yes is reported, also over a restart', async () => {
    const d = await started({ gates: [{ name: 'load-test', at: 'before-promotion' }] });
    await d.until(() => d.view.waitsFor === 'webhook');
    expect(d.view.reason).toBe('the promotion waits for the answer of load-test');
    await d.restart(1_000);
    await d.run(5_000);
    expect(d.view).toMatchObject({ phase: 'stepping', waitsFor: 'webhook' });
    expect(await say(d, report('yes'))).toMatchObject({ repeated: false });
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(told(d, 'answered')).toEqual(['ci at load-test says yes: p99 210 ms (before-promotion)']);
    expect(d.world.questions, 'nobody is asked').toEqual([]);
  });

  it('ends it INCONCLUSIVE with a no, or waits on where the document says so', async () => {
    const d = await started({ gates: [{ name: 'load-test', at: 'before-step' }] });
    await d.until(() => d.view.waitsFor === 'webhook');
    await say(d, report('no'));
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(d.view.reason).toBe('rolled back: ci at load-test says no (before-step 1): p99 210 ms');

    const patient = await started({ gates: [{ name: 'load-test', at: 'before-start', onNo: 'wait' }] });
    await patient.run(500);
    await say(patient, report('no'));
    await patient.run(2_000);
    expect(patient.view).toMatchObject({ phase: 'declared', waitsFor: 'webhook' });
    expect(patient.world.overlayLog).toEqual([]);
    await say(patient, report('yes'));
    await patient.until(() => patient.view.phase === 'measuring');
  });

  it('fails a candidate at once while it serves, and a yes changes nothing', async () => {
    const d = await started({ gates: [{ name: 'smoke', at: 'during' }] }, { hold: { min: '30s', max: '60s' } });
    await d.until(() => d.view.phase === 'stepping');
    await say(d, report('yes', 'smoke'));
    await d.run(1_000);
    expect(d.view.phase).toBe('stepping');
    await say(d, report('no', 'smoke', 'checkout is empty'));
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(d.view.reason).toBe('rolled back: ci at smoke says no (during): checkout is empty');
  });

  it('takes no report before the run stands at it, nor of another sender', async () => {
    const d = await started(
      { gates: [{ name: 'load-test', at: 'before-promotion' }] },
      {
        incoming: [
          { name: 'ci', signingSecret: 'k', gates: [{ name: 'load-test', at: 'before-promotion' }] },
          { name: 'other', signingSecret: 'k', may: ['abort'] },
        ],
      },
    );
    await expect(say(d, report('yes'))).rejects.toMatchObject({ code: 'GATE_NOT_WAITING' });
    await d.until(() => d.view.waitsFor === 'webhook');
    await expect(say(d, report('yes'), 'other/1', 'other')).rejects.toMatchObject({ code: 'ACTION_REFUSED' });
    expect(d.view.waitsFor).toBe('webhook');
  });
});

describe('an incoming message', () => {
  it('is taken once, whatever comes between: one approval is not two', async () => {
    const steps = [10, 30, 50].map((weight) => ({ weight, approval: true }));
    const d = await started({ may: ['approve'] }, { steps });
    await d.until(() => d.view.waitsFor === 'approval');
    expect(await say(d, { action: 'approve', reason: 'green' }, 'ci/1')).toMatchObject({ repeated: false });
    await d.until(() => d.view.stepIndex === 0 && d.view.waitsFor === 'approval');
    expect(await say(d, { action: 'approve', reason: 'green' }, 'ci/1')).toMatchObject({ repeated: true });
    await d.restart(1_000);
    await d.until(() => d.view.waitsFor === 'approval');
    expect(await say(d, { action: 'approve', reason: 'green' }, 'ci/1')).toMatchObject({ repeated: true });
    await d.run(2_000);
    expect(d.view).toMatchObject({ stepIndex: 0, waitsFor: 'approval' });
    expect(told(d, 'approved')).toEqual(['approved by webhook ci: green']);
    await say(d, { action: 'approve' }, 'ci/2');
    await d.until(() => d.view.stepIndex === 1);
  });

  it('that could not be taken may be sent again', async () => {
    const d = await started({ may: ['approve'] }, { approval: true });
    await expect(say(d, { action: 'approve' }, 'ci/1')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await d.until(() => d.view.waitsFor === 'approval');
    expect(await say(d, { action: 'approve' }, 'ci/1')).toMatchObject({ repeated: false });
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
  });

  it('aborts, pauses, resumes and promotes only where the document lets it', async () => {
    const d = await started({ may: ['pause', 'resume', 'abort'] }, { hold: { min: '30s', max: '60s' } });
    await d.until(() => d.view.phase === 'stepping');
    await say(d, { action: 'pause', reason: 'lunch' });
    expect(d.view.pausedBy).toBe('webhook ci');
    await say(d, { action: 'resume' });
    expect(d.view.pausedBy).toBeNull();
    await expect(say(d, { action: 'promote' })).rejects.toMatchObject({ code: 'ACTION_REFUSED' });
    await say(d, { action: 'abort', reason: 'a red build' }, 'ci/end');
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', haltedBy: 'webhook ci' });
    expect(await say(d, { action: 'abort' }, 'ci/end'), 'after the end too').toMatchObject({ repeated: true });
    await expect(say(d, { action: 'abort' })).rejects.toMatchObject({ code: 'EXPERIMENT_ENDED' });
  });

  it('about another run is refused', async () => {
    const d = await started({ may: ['abort'] });
    const other = say(d, { action: 'abort', run: 'exp_0' });
    await expect(other).rejects.toMatchObject({ code: 'EXPERIMENT_ENDED' });
    expect(await say(d, { action: 'abort', run: ID })).toMatchObject({ repeated: false });
  });
});

describe('a document with senders', () => {
  it.each([
    ['a sender that may do nothing', () => canary(ci({}))],
    ['two gates of one name', () => canary(ci({ gates: [gate('a', 'during'), gate('a', 'before-start')] }))],
    ['a gate and a webhook of one name', () => canary({ ...ci({ gates: [gate('a')] }), webhooks: [asked('a')] })],
    ['a gate during the run that waits', () => canary(ci({ gates: [{ ...gate('a', 'during'), onNo: 'wait' }] }))],
    ['a promotion of what promotes nothing', () => declare('Chaos', ci({ may: ['promote'] }))],
    ['a gate before it', () => declare('Shadow', ci({ gates: [gate('a', 'before-promotion')] }))],
    ['an approval that nothing waits for', () => declare('ABTest', ci({ may: ['approve'] }))],
  ])('is refused: %s', (_what, make) => {
    expect(make).toThrow(/incoming/);
  });

  function gate(name: string, at = 'before-step'): Record<string, unknown> {
    return { name, at };
  }
  function asked(name: string): Record<string, unknown> {
    return { name, at: 'before-start', url: 'https://ci.example/' };
  }
});

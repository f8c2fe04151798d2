import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canary, service, testControl } from '../testing/running-control.ts';
import type { TestControl } from '../testing/running-control.ts';

const KEY = 'the-key-of-ci';
const PATH = '/api/v1/experiments/reviews-v2/incoming/ci';

let control: TestControl;

beforeEach(async () => {
  control = await testControl();
  mkdirSync(join(control.dataDir, 'secrets'), { recursive: true });
  writeFileSync(join(control.dataDir, 'secrets', 'ci-key'), `${KEY}\n`);
  await control.ask('PUT', '/api/v1/documents', { documents: [service()] });
  const gates = [{ name: 'build', at: 'before-start', onNo: 'wait' }];
  const incoming = [{ name: 'ci', signingSecret: 'ci-key', may: ['abort'], gates }];
  expect(
    (await control.ask('POST', '/api/v1/experiments', { document: canary('reviews-v2', { incoming }) })).status,
  ).toBe(201);
});
afterEach(() => control.dispose());

type Letter = { id?: string; ageS?: number; key?: string; body?: unknown; sent?: string; path?: string; more?: string };

/** Signed as the specification says, from its text; `sent` is what goes out in the place of what was signed. */
async function post(letter: Letter = {}): Promise<{ status: number; body: Record<string, unknown>; text: string }> {
  const { id = 'm1', ageS = 0, key = KEY, path = PATH, more = '' } = letter;
  const atS = Math.floor(Date.now() / 1_000) - ageS;
  const text = JSON.stringify(letter.body ?? { action: 'abort', reason: 'a red build' });
  const mac = createHmac('sha256', key).update(`${id}.${atS}.${text}`).digest('base64');
  const answer = await fetch(`http://${control.address}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(atS),
      'webhook-signature': `${more}v1,${mac}`,
    },
    body: letter.sent ?? text,
  });
  const answered = await answer.text();
  return { status: answer.status, body: JSON.parse(answered) as Record<string, unknown>, text: answered };
}

async function phase(): Promise<unknown> {
  return (await control.ask('GET', '/api/v1/experiments/reviews-v2')).body['phase'];
}

describe('an incoming webhook', () => {
  it('is carried out when its signature fits, and once: the second is told so', async () => {
    expect(await post()).toMatchObject({ status: 200, body: { repeated: false, verdict: 'INCONCLUSIVE' } });
    expect(await post()).toMatchObject({ status: 200, body: { repeated: true } });
    const journal = JSON.stringify((await control.ask('GET', '/api/v1/experiments/reviews-v2/journal')).body);
    expect(journal).toContain('aborted by webhook ci: a red build');
    expect(journal).not.toContain(KEY);
  });

  it('reports at a gate, and what was told before a crash is not told again after it', async () => {
    const no = { action: 'report', gate: 'build', answer: 'no', reason: 'red\u001b[31m\nagain' };
    expect(await post({ body: no })).toMatchObject({ status: 200, body: { phase: 'declared' } });
    control = await control.restart();
    expect(await post({ body: no })).toMatchObject({ status: 200, body: { repeated: true, phase: 'declared' } });
    expect(await post({ id: 'm2', body: { ...no, answer: 'yes' } })).toMatchObject({ body: { phase: 'measuring' } });
    const { body } = await control.ask('GET', '/api/v1/experiments/reviews-v2/journal');
    const answers = (body as { entries: { type: string; message: string }[] }).entries.filter(
      (e) => e.type === 'answered',
    );
    expect(answers.map((entry) => entry.message)).toEqual([
      'ci at build says no (before-start): red [31m again; a later yes lets it go on',
      'ci at build says yes: red [31m again (before-start)',
    ]);
    expect(await post({ id: 'm3', body: no })).toMatchObject({
      status: 409,
      body: { error: { code: 'GATE_NOT_WAITING' } },
    });
  });

  it('may carry two signatures, while the secret is changed', async () => {
    expect(await post({ more: 'v1,b2xk v1a,AAAA ' })).toMatchObject({ status: 200 });
  });

  it.each<[string, Letter]>([
    ['signed with another key', { key: 'guess' }],
    ['changed on its way', { sent: '{"action":"abort","reason":"a red build "}' }],
    ['too old', { ageS: 301 }],
    ['from the future', { ageS: -330 }],
    ['without an id', { id: '' }],
    ['with an id that could be read in two ways', { id: 'm.1' }],
    ['of a sender that is not there', { path: PATH.replace(/ci$/, 'cd') }],
    ['for an experiment that is not there', { path: PATH.replace('v2', 'v3') }],
  ])('is refused, and nothing is done: %s', async (_what, letter) => {
    const { status, body, text } = await post(letter);
    expect(status).toBe(401);
    expect(body).toMatchObject({ error: { code: 'SIGNATURE_REFUSED' } });
    expect(text).not.toContain(KEY);
    expect(await phase()).toBe('declared');
  });

  it.each<[string, Letter, number]>([
    ['what the document does not let it do', { body: { action: 'promote' } }, 403],
    ['an action that is not known', { body: { action: 'destroy' } }, 400],
    ['an unknown key', { body: { action: 'abort', force: true } }, 400],
    ['no object', { body: 'abort' }, 400],
  ])('that is signed is refused too: %s', async (_what, letter, status) => {
    expect((await post(letter)).status).toBe(status);
    expect(await phase()).toBe('declared');
  });
});

it('does not start an experiment whose sender has no secret', async () => {
  const incoming = [{ name: 'ci', signingSecret: 'absent', may: ['abort'] }];
  const { status, body } = await control.ask('POST', '/api/v1/experiments', {
    document: canary('other', { incoming }),
  });
  expect([status, JSON.stringify(body)]).toEqual([409, expect.stringContaining('SECRET_MISSING')]);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from '../../contracts/webhook.ts';
import type { Question } from '../../experiments/ports.ts';
import { hasSignature, TestReceiver } from '../testing/receiver.ts';
import { Secrets, variableOf } from './secrets.ts';
import { sign } from './signature.ts';
import { WebhookAsker } from './webhooks.ts';

const QUESTION: Question = {
  type: 'before-step',
  question: 'exp_1-before-step-2-ci',
  name: 'reviews-v2',
  run: 'exp_1',
  kind: 'Canary',
  service: 'reviews',
  baseline: 'v1',
  candidate: 'v2',
  phase: 'stepping',
  step: 2,
  steps: 4,
  weight: 5,
  verdict: 'PENDING',
  reason: 'r',
  totals: {},
  metadata: {},
};

let receiver: TestReceiver;
let folder: string;
let asker: WebhookAsker;
let now: Date;

beforeEach(async () => {
  receiver = await TestReceiver.start();
  folder = mkdtempSync(join(tmpdir(), 'meshproof-secrets-'));
  now = new Date('2026-03-01T12:00:00Z');
  const secrets = new Secrets(folder, { MESHPROOF_SECRET_CI_TOKEN: 'Bearer hush-hush' });
  asker = new WebhookAsker({ secrets, wallClock: () => now, random: () => 0 });
});
afterEach(async () => {
  asker.close();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

function ask(more: Record<string, unknown> = {}): ReturnType<WebhookAsker['ask']> {
  const own = { name: 'ci', at: 'before-step', url: receiver.url(), allowPrivate: true, ...more };
  return asker.ask(Webhook.parse(own), QUESTION);
}

describe('a webhook', () => {
  it('gets the question as JSON, and its 2xx is a yes', async () => {
    expect(await ask()).toEqual({ answer: 'yes', says: 'ok' });
    expect(receiver.received[0]?.json).toMatchObject({ ...QUESTION, webhook: 'ci', timestamp: now.toISOString() });
    expect(receiver.received[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(receiver.received[0]?.headers['webhook-signature']).toBeUndefined();
  });

  it('says no with a 4xx and a sentence, which is cut and cleaned, and is not asked again', async () => {
    receiver.answer = (response) => response.writeHead(403).end(`not on\u001b[31m Fridays\nsecond line`);
    expect(await ask()).toEqual({ answer: 'no', says: '403: not on [31m Fridays' });
    expect(receiver.received).toHaveLength(1);
  });

  it('is not followed elsewhere', async () => {
    receiver.answer = (response) => response.writeHead(302, { location: receiver.url('/other') }).end();
    expect(await ask()).toEqual({ answer: 'no', says: '302' });
    expect(receiver.received).toHaveLength(1);
  });

  it('is asked again after trouble, as the same message with a new time, until it answers', async () => {
    receiver.answer = (response, _received, nth) => {
      now = new Date(now.getTime() + 5_000);
      response.writeHead(nth < 2 ? ([503, 429][nth] ?? 500) : 200).end();
    };
    expect(await ask({ retries: 2 })).toMatchObject({ answer: 'yes' });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const times = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(times.map((t) => t - (times[0] ?? 0))).toEqual([0, 5, 10]);
  });

  it('gave no answer when its retries are over, or its time, or nobody listens', async () => {
    receiver.answer = (response) => response.writeHead(500).end('boom');
    expect(await ask({ retries: 1 })).toEqual({ answer: 'error', says: '500: boom' });
    expect(receiver.received).toHaveLength(2);
    receiver.answer = () => undefined;
    expect(await ask({ retries: 0, timeout: '100ms' })).toMatchObject({
      answer: 'error',
      says: expect.stringMatching(/did not answer within 100 ms$/) as string,
    });
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const refused = await ask({ retries: 0, url: `http://127.0.0.1:${port}/secret-path` });
    expect(refused).toEqual({ answer: 'error', says: `127.0.0.1:${port} cannot be reached (ECONNREFUSED)` });
  });

  it('reads no more of an answer than it needs', async () => {
    receiver.answer = (response) => {
      response.writeHead(200);
      const more = (): void =>
        void (response.writable && response.write('x'.repeat(64 * 1_024), () => setImmediate(more)));
      more();
    };
    expect(await ask({ timeout: '20s' })).toEqual({ answer: 'yes', says: 'x'.repeat(200) });
  });

  it('is not called at private addresses unless the document says so, nor ever where clouds keep credentials', async () => {
    expect(await ask({ allowPrivate: false, retries: 0 })).toMatchObject({
      answer: 'error',
      says: expect.stringContaining('private address') as string,
    });
    expect(await ask({ url: 'http://169.254.169.254/latest', retries: 0 })).toMatchObject({
      answer: 'error',
      says: expect.stringContaining('never asked') as string,
    });
    expect(receiver.received).toEqual([]);
  });

  it('stops being asked when the control plane closes', async () => {
    receiver.answer = () => undefined;
    const asking = ask({ retries: 10 });
    await expect.poll(() => receiver.received.length).toBe(1);
    asker.close();
    expect(await asking).toMatchObject({ answer: 'error' });
    expect(receiver.received).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('sign the message: id, time and body, with the text or the base64 of the secret', async () => {
    writeFileSync(join(folder, 'plain'), 'a secret of mine\n');
    const raw = Buffer.from('0123456789abcdef');
    writeFileSync(join(folder, 'encoded'), `whsec_${raw.toString('base64')}`);
    await ask({ signingSecret: 'plain' });
    await ask({ signingSecret: 'encoded' });
    const [plain, encoded] = receiver.received;
    if (!plain || !encoded) throw new Error('nothing came');
    expect(hasSignature(plain, Buffer.from('a secret of mine'))).toBe(true);
    expect(hasSignature(encoded, raw)).toBe(true);
    expect(hasSignature({ ...plain, body: `${plain.body} ` }, Buffer.from('a secret of mine'))).toBe(false);
  });

  it('match the published example of the specification', () => {
    const body = '{"test": 2432232314}';
    const at = 1_614_265_330_000;
    const headers = sign('msg_p5jXN8AQM9LWM0D4loKWxJek', at, body, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('go into headers and the URL, from files or the environment, and come back to nobody', async () => {
    writeFileSync(join(folder, 'slack'), receiver.url('/services/T0/B0/xyz'));
    receiver.answer = (response, { headers, path }) =>
      response.writeHead(409).end(`${String(headers.authorization)} at ${receiver.url(path)}`);
    const answer = await ask({
      url: undefined,
      urlSecret: 'slack',
      headers: { Authorization: { secret: 'ci-token' }, 'x-team': 'payments' },
    });
    expect(receiver.received[0]).toMatchObject({
      path: '/services/T0/B0/xyz',
      headers: { authorization: 'Bearer hush-hush', 'x-team': 'payments' },
    });
    expect(answer).toEqual({ answer: 'no', says: '409: (secret) at (secret)' });
  });

  it('that are not there are named with the places where they are looked for', async () => {
    expect(await ask({ signingSecret: 'nowhere', retries: 0 })).toMatchObject({
      answer: 'error',
      says: expect.stringMatching(/"nowhere": .*--secrets, or to MESHPROOF_SECRET_NOWHERE$/) as string,
    });
    expect(variableOf('ci-token')).toBe('MESHPROOF_SECRET_CI_TOKEN');
  });
});

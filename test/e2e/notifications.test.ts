/** Notifications and webhooks over real sockets, with a control plane that is killed (SIGKILL) while they are under way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sign } from '../../control/outgoing/signature.ts';
import { hasSignature, TestReceiver } from '../../control/testing/receiver.ts';
import type { Received } from '../../control/testing/receiver.ts';
import { Mesh, until } from './crash/mesh.ts';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const KEY = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
const spec = {
  measure: '1s',
  lease: '2s',
  deadline: '3m',
  steps: [{ weight: 20 }, { weight: 50 }],
  hold: { min: '1s', max: '60s' },
  watch: { for: '1s', maxErrors: 50 },
  analysis: { metrics: [{ name: 'success-rate', margin: 5 }] },
};
/** The entries of a journal of which "step", "started", "verdict" and "ended" tell. */
const TOLD = [
  'declared',
  'measuring',
  'step',
  'promote',
  'watching',
  'watch-over',
  'promoted',
  'verdict',
  'rolled-back',
];

describe('a control plane that tells others, and is killed', { timeout: 120_000 }, () => {
  let mesh: Mesh;
  let receiver: TestReceiver;
  beforeEach(async () => {
    receiver = await TestReceiver.start();
    mesh = await Mesh.start(150);
    mesh.keep('bus-key', SECRET);
  });
  afterEach(async () => {
    await mesh.close();
    await receiver.close();
  });

  function idOf({ headers }: Received): string {
    return String(headers['webhook-id']);
  }

  it('loses no notification, and sends each under one id, in order, whatever the receiver had before', async () => {
    await mesh.apply('Notification', 'bus', {
      format: 'cloudevents',
      url: receiver.url(),
      signingSecret: 'bus-key',
      allowPrivate: true,
      events: ['started', 'step', 'verdict', 'ended'],
    });
    // Killed with a message under way that the receiver has taken in, and once more with the one after it.
    const killedAt = [1, 3];
    let hangs = 0;
    receiver.answer = (response, _received, nth) => {
      if (killedAt.includes(nth)) hangs++;
      else response.end();
    };
    await mesh.run(spec);
    for (const kills of [1, 2]) {
      await until(
        () => Promise.resolve(hangs === kills),
        () => `${receiver.received.length} messages`,
      );
      await mesh.killControl();
      await mesh.startControl();
    }
    expect(await mesh.viewWhere((v) => v.endedAt !== null, 90_000)).toMatchObject({
      phase: 'promoted',
      verdict: 'PASS',
    });
    await until(
      async () => (await mesh.deliveries()).every((d) => d.state === 'delivered'),
      () => `${receiver.received.length} messages`,
    );
    const wanted = (await mesh.journal()).filter(({ type }) => TOLD.includes(type));
    const expected = wanted.map(({ experimentId, seq }) => `${experimentId}-${seq}`);
    const bodies = new Map(receiver.received.map((r) => [idOf(r), r.body]));
    expect([...bodies.keys()], 'all, once, in the order of the journal').toEqual(expected);
    expect(receiver.received.length, 'those that were under way came twice').toBe(expected.length + killedAt.length);
    for (const received of receiver.received) {
      expect(received.body, 'the same words under the same id').toBe(bodies.get(idOf(received)));
      expect(received.json['id']).toBe(idOf(received));
      expect(received.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
      expect(hasSignature(received, KEY)).toBe(true);
    }
    expect(mesh.users.lost).toEqual([]);
  });

  it('takes a signed report once, though the sender has to repeat it because nobody answered', async () => {
    mesh.keep('ci-key', 'the-key-of-ci');
    const gates = [{ name: 'load-test', at: 'before-promotion' }];
    await mesh.run({ ...spec, incoming: [{ name: 'ci', signingSecret: 'ci-key', may: ['abort'], gates }] });
    await mesh.viewWhere((v) => v.waitsFor === 'webhook');
    const body = JSON.stringify({ action: 'report', gate: 'load-test', answer: 'yes', reason: 'p99 210 ms' });
    const say = (): Promise<number | undefined> =>
      mesh.send('ci', body, { ...sign('build-17', Date.now(), body, 'the-key-of-ci') });
    expect(await mesh.send('ci', body, { ...sign('build-17', Date.now(), body, 'a guess') })).toBe(401);
    const first = say();
    await mesh.killControl();
    const answered = await first;
    await mesh.startControl();
    expect(await say()).toBe(200);
    expect(await say(), 'and once more').toBe(200);
    expect(await mesh.viewWhere((v) => v.endedAt !== null, 90_000)).toMatchObject({
      phase: 'promoted',
      verdict: 'PASS',
    });
    const answers = (await mesh.journal()).filter(({ type }) => type === 'answered');
    expect(
      answers.map(({ message }) => message),
      `first answered ${answered}`,
    ).toEqual(['ci at load-test says yes: p99 210 ms (before-promotion)']);
    expect(JSON.stringify(await mesh.journal()) + mesh.controlSaid).not.toContain('the-key-of-ci');
  });

  it('asks a gate during the run again after it, and its no takes the candidate back', async () => {
    receiver.answer = (response, { json }) =>
      json['type'] === 'during' && receiver.received.length > 4
        ? response.writeHead(409).end('checkout is empty')
        : response.end();
    const hook = { url: receiver.url(), allowPrivate: true, signingSecret: 'bus-key' };
    await mesh.run({
      ...spec,
      hold: { min: '60s', max: '90s' },
      webhooks: [
        { ...hook, name: 'board', at: 'before-start' },
        { ...hook, name: 'smoke', at: 'during', interval: '1s' },
      ],
    });
    await mesh.viewWhere((v) => v.phase === 'stepping');
    await mesh.killControl();
    await mesh.startControl();
    const view = await mesh.viewWhere((v) => v.endedAt !== null, 60_000);
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(view.reason).toBe('rolled back: the webhook smoke says no (during): 409: checkout is empty');
    expect(receiver.received.filter(({ json }) => json['type'] === 'before-start')).toHaveLength(1);
    expect(receiver.received.every((received) => hasSignature(received, KEY))).toBe(true);
    expect(await mesh.stable()).toBe('v1');
  });
});

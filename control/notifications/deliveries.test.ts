import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryView } from '../../contracts/notification.ts';
import { hasSignature, TestReceiver } from '../testing/receiver.ts';
import { canary, service, testControl } from '../testing/running-control.ts';
import type { TestControl } from '../testing/running-control.ts';

let receiver: TestReceiver;
let control: TestControl;

beforeEach(async () => {
  receiver = await TestReceiver.start();
  control = await testControl();
  await control.ask('PUT', '/api/v1/documents', { documents: [service()] });
});
afterEach(async () => {
  await control.dispose();
  await receiver.close();
});

function notification(spec: Record<string, unknown> = {}, name = 'team'): Record<string, unknown> {
  const events = ['started', 'aborted', 'ended'];
  const own = { format: 'json', url: receiver.url(), allowPrivate: true, events, ...spec };
  return { apiVersion: 'meshproof.dev/v1', kind: 'Notification', metadata: { name }, spec: own };
}

async function declare(...documents: Record<string, unknown>[]): Promise<void> {
  expect((await control.ask('PUT', '/api/v1/documents', { documents })).status).toBe(200);
}

/** A run from its declaration to its end, by a person: without traffic, in no time. */
async function runToItsEnd(): Promise<void> {
  await control.ask('POST', '/api/v1/experiments', { document: canary() });
  await control.ask('POST', '/api/v1/experiments/reviews-v2/abort', { reason: 'enough' });
}

async function deliveries(): Promise<readonly DeliveryView[]> {
  const { body } = await control.ask('GET', '/api/v1/experiments/reviews-v2/deliveries');
  return (body as { deliveries: readonly DeliveryView[] }).deliveries;
}

async function deliveriesWhere(holds: (all: readonly DeliveryView[]) => boolean): Promise<readonly DeliveryView[]> {
  for (let i = 0; i < 1_000; i++) {
    const all = await deliveries();
    if (holds(all)) return all;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`still ${JSON.stringify(await deliveries())}`);
}

const settled = (all: readonly DeliveryView[]): boolean => all.length >= 3 && all.every((d) => d.state !== 'waiting');

describe('notifications of a control plane', () => {
  it('arrive in the order of the journal, signed, once each', async () => {
    mkdirSync(join(control.dataDir, 'secrets'), { recursive: true });
    writeFileSync(join(control.dataDir, 'secrets', 'team-key'), 'a-signing-key\n');
    await declare(notification({ signingSecret: 'team-key' }));
    await runToItsEnd();
    const all = await deliveriesWhere(settled);
    expect(all.map((d) => [d.event, d.state, d.attempts])).toEqual([
      ['started', 'delivered', 1],
      ['aborted', 'delivered', 1],
      ['ended', 'delivered', 1],
    ]);
    expect(receiver.received.map(({ json }) => json['event'])).toEqual(['started', 'aborted', 'ended']);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(all.map((d) => d.id));
    for (const received of receiver.received) expect(hasSignature(received, Buffer.from('a-signing-key'))).toBe(true);
    expect(receiver.received[1]?.json).toMatchObject({ message: expect.stringContaining('enough') as string });
  });

  it('are sent after a restart under the id of before, in order, and none that had arrived', async () => {
    await declare(notification());
    receiver.answer = (response, _received, nth) => response.writeHead(nth === 0 ? 200 : 503).end();
    await runToItsEnd();
    const [, before] = await deliveriesWhere((all) => (all[1]?.attempts ?? 0) > 0);
    expect(before).toMatchObject({ state: 'waiting', says: '503' });
    const first = receiver.received.length;
    receiver.answer = (response) => response.end();
    control = await control.restart();
    await deliveriesWhere(settled);
    const events = receiver.received.map(({ json }) => json['event']);
    expect(events.slice(first)).toEqual(['aborted', 'ended']);
    const ids = receiver.received
      .slice(1)
      .map(({ headers, json }) => `${String(json['event'])} ${String(headers['webhook-id'])}`);
    expect(new Set(ids).size, 'the same id for each attempt').toBe(2);
  });

  it('hold no other receiver back, and no experiment, when one hangs', async () => {
    const sockets = new Set<{ destroy: () => void }>();
    const hanging = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => hanging.once('listening', resolve));
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/`;
    await declare(notification(), notification({ url, timeout: '60s' }, 'a-hanging-one'));
    await runToItsEnd();
    const all = await deliveriesWhere((now) => now.filter((d) => d.state === 'delivered').length === 3);
    expect(all.filter((d) => d.notification === 'a-hanging-one').map((d) => d.state)).toEqual(Array(3).fill('waiting'));
    for (const socket of sockets) socket.destroy();
    hanging.close();
  });

  it.each([
    ['a receiver that is gone', (): Record<string, unknown> => ({}), /^410: no such channel$/],
    ['a private address that nobody allowed', () => ({ allowPrivate: false, retryFor: '1s' }), /is a private address/],
    [
      'an address where clouds keep credentials',
      () => ({ url: 'http://169.254.169.254/', retryFor: '1s' }),
      /never asked/,
    ],
    ['a secret that is not there', () => ({ signingSecret: 'absent', retryFor: '1s' }), /there is no secret "absent"/],
  ])('are given up, which is said: %s', { timeout: 20_000 }, async (_what, spec, says) => {
    receiver.answer = (response) => response.writeHead(410).end('no such channel');
    await declare(notification(spec()));
    await runToItsEnd();
    const all = await deliveriesWhere(settled);
    expect(all.map((d) => d.state)).toEqual(Array(3).fill('given-up'));
    for (const { says: said } of all) expect(said).toMatch(says);
  });

  it('are given up when their document is deleted, and not made for one that is declared later', async () => {
    receiver.answer = (response) => response.writeHead(500).end();
    await declare(notification());
    await runToItsEnd();
    await deliveriesWhere((all) => (all[0]?.attempts ?? 0) > 0);
    expect((await control.ask('DELETE', '/api/v1/documents/Notification/team')).status).toBe(200);
    const all = await deliveriesWhere(settled);
    expect(all.at(-1)).toMatchObject({ state: 'given-up', says: 'its document was deleted' });
    await declare(notification({}, 'late'));
    expect((await deliveries()).map((d) => d.notification)).not.toContain('late');
  });

  it('never show the secrets of their document, though the receiver sends them back', async () => {
    mkdirSync(join(control.dataDir, 'secrets'), { recursive: true });
    writeFileSync(join(control.dataDir, 'secrets', 'hook-url'), `${receiver.url('/T0/B0/hush-hush')}\n`);
    receiver.answer = (response, { path }) => response.writeHead(400).end(`nobody at ${receiver.url(path)}`);
    await declare(notification({ url: undefined, urlSecret: 'hook-url' }));
    await runToItsEnd();
    const all = await deliveriesWhere(settled);
    expect(all[0]?.says).toBe('400: nobody at (secret)');
    const journal = await control.ask('GET', '/api/v1/experiments/reviews-v2/journal');
    expect(JSON.stringify([all, journal.body])).not.toContain('hush-hush');
  });
});

/** Taps over real sockets, with proxies that say what they are told to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { API } from '../../contracts/paths.ts';
import { TAP_PATH, TapMessage } from '../../contracts/tap.ts';
import { service, testControl } from '../testing/running-control.ts';
import type { TestControl } from '../testing/running-control.ts';
import { ScriptedProxy } from '../testing/scripted-proxy.ts';

let control: TestControl;
let edge: ScriptedProxy;
const open: { close: () => void }[] = [];

beforeEach(async () => {
  control = await testControl();
  edge = await ScriptedProxy.connect(control.address);
  await edge.hear('overlays');
  await control.ask('PUT', API.documents, { documents: [service()] });
});
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  edge.close();
  await control.dispose();
});

type Watcher = { readonly heard: TapMessage[]; readonly next: () => Promise<TapMessage>; readonly close: () => void };

function tap(query: string): Watcher {
  const socket = new WebSocket(`ws://${control.address}${TAP_PATH}?${query}`);
  const heard: TapMessage[] = [];
  let read = 0;
  let wake = (): void => {};
  socket.on('message', (data: Buffer) => {
    heard.push(TapMessage.parse(JSON.parse(data.toString('utf8'))));
    wake();
  });
  socket.on('error', () => undefined);
  const watcher: Watcher = {
    heard,
    next: async () => {
      while (read >= heard.length) await new Promise<void>((resolve) => (wake = resolve));
      return heard[read++] as TapMessage;
    },
    close: () => socket.terminate(),
  };
  open.push(watcher);
  return watcher;
}

const event = (path: string): object => ({
  time: 't',
  durationMs: 1,
  method: 'GET',
  host: 'h',
  path,
  status: 200,
  attempts: 1,
});
const where = (filter: string): string => `service=reviews&where=${encodeURIComponent(filter)}`;

describe('a tap', () => {
  it('asks every proxy, those that come later too, passes on what they say, and is taken back at its end', async () => {
    const watcher = tap(where('status >= 500'));
    expect(await watcher.next()).toEqual({ type: 'tapping', proxies: 1 });
    const { id, spec } = await edge.hear('tap');
    expect(spec).toEqual({ service: 'reviews', where: 'status >= 500', maxPerSecond: 50, headers: false });
    const late = await ScriptedProxy.connect(control.address, 'late');
    open.push(late);
    expect((await late.hear('tap')).id).toBe(id);
    edge.say({ type: 'tapped', id, events: [event('/a')], skipped: 2 });
    expect(await watcher.next()).toMatchObject({ type: 'events', proxy: 'edge', events: [{ path: '/a' }], skipped: 2 });
    watcher.close();
    expect((await edge.hear('untap')).id).toBe(id);
    expect((await late.hear('untap')).id).toBe(id);
  });

  it('holds its limit for all proxies together', async () => {
    const watcher = tap('maxPerSecond=3');
    await watcher.next();
    const { id } = await edge.hear('tap');
    edge.say({ type: 'tapped', id, events: ['/1', '/2', '/3', '/4', '/5'].map(event), skipped: 1 });
    expect(await watcher.next()).toMatchObject({
      events: [{ path: '/1' }, { path: '/2' }, { path: '/3' }],
      skipped: 3,
    });
  });

  it('does not hear of the taps of others', async () => {
    const [first, second] = [tap('service=reviews'), tap('service=reviews')];
    await first.next();
    await second.next();
    const { id } = await edge.hear('tap');
    await edge.hear('tap');
    edge.say({ type: 'tapped', id, events: [event('/a')], skipped: 0 });
    await expect.poll(() => first.heard.length + second.heard.length).toBe(3);
  });

  it.each([
    [where('stauts == 1'), 'REQUEST_INVALID', 'did you mean status?'],
    ['service=reviewz', 'DOCUMENT_NOT_FOUND', 'did you mean "reviews"?'],
    ['maxPerSecond=0', 'REQUEST_INVALID', 'maxPerSecond'],
  ])('%s is refused with a code, and no proxy hears of it', async (query, code, detail) => {
    expect(await tap(query).next()).toMatchObject({
      type: 'refused',
      code,
      detail: expect.stringContaining(detail) as string,
    });
    expect(edge.heard.some((m) => m.type === 'tap')).toBe(false);
  });

  it('is one of eight at most', async () => {
    const all = Array.from({ length: 8 }, () => tap('service=reviews'));
    await Promise.all(all.map((one) => one.next()));
    expect(await tap('service=reviews').next()).toMatchObject({ type: 'refused', code: 'OVERLOADED' });
  });

  it('is not for pages of other origins', async () => {
    const socket = new WebSocket(`ws://${control.address}${TAP_PATH}`, { origin: 'http://evil.example' });
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(403);
  });
});

import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { LiveMessage } from '../../contracts/live.ts';
import { LiveStream } from './live-stream.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly heard: LiveMessage[] = [];
  send(text: string): void {
    this.heard.push(JSON.parse(text) as LiveMessage);
  }
  terminate(): void {
    this.emit('close');
  }
  close(): void {
    this.emit('close');
  }
}

const OVERVIEW: LiveMessage = { type: 'overview', at: 1, services: [], experiments: [], proxies: [] };
const ENTRY: LiveMessage = {
  type: 'journal',
  entry: { experimentId: 'x', seq: 0, at: '', type: 'declared', message: '', data: {} },
};

let live: LiveStream;
beforeEach(() => (live = new LiveStream()));
afterEach(() => live.close());

function client(): FakeSocket {
  const socket = new FakeSocket();
  live.attach(socket as unknown as WebSocket, OVERVIEW);
  return socket;
}

it('begins with what is, and goes on with what happens', () => {
  const watcher = client();
  live.publish(ENTRY);
  expect(watcher.heard).toEqual([OVERVIEW, ENTRY]);
});

it('cuts off a client that does not keep up, and no other', () => {
  const [slow, quick] = [client(), client()];
  slow.bufferedAmount = 5 * 1024 * 1024;
  live.publish(ENTRY);
  live.publish(ENTRY);
  expect([slow.heard.length, quick.heard.length, live.clients]).toEqual([1, 3, 1]);
});

it('forgets a client that left', () => {
  client().emit('close');
  expect(live.clients).toBe(0);
});

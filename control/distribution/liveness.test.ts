import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { Liveness } from './liveness.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  pings = 0;
  ping(): void {
    this.pings++;
  }
  terminate(): void {
    this.readyState = 3;
    this.emit('close');
  }
}

let liveness: Liveness;
beforeEach(() => {
  vi.useFakeTimers();
  liveness = new Liveness(1_000);
});
afterEach(() => {
  liveness.close();
  vi.useRealTimers();
});

function watched(): FakeSocket {
  const socket = new FakeSocket();
  liveness.watch(socket as unknown as WebSocket);
  return socket;
}

it('cuts off a peer that does not answer a ping, and leaves those that do', () => {
  const [dead, alive] = [watched(), watched()];
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(1_000);
    alive.emit('pong');
  }
  expect([dead.readyState, dead.pings]).toEqual([3, 1]);
  expect([alive.readyState, alive.pings]).toEqual([1, 5]);
});

it('forgets a peer that closed by itself', () => {
  const socket = watched();
  socket.emit('close');
  vi.advanceTimersByTime(5_000);
  expect(socket.pings).toBe(0);
});

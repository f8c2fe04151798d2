import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { ProxySession } from './proxy-session.ts';

function fakeSocket(bufferedAmount = 0): { sent: string[]; terminated: boolean } & Record<string, unknown> {
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount,
    sent: [] as string[],
    terminated: false,
    send: (text: string) => void socket.sent.push(text),
    terminate: () => void (socket.terminated = true),
  };
  return socket;
}

function session(socket = fakeSocket(), known = {}): ProxySession {
  const node = { id: 'edge', role: 'gateway' as const, gateways: [], pid: 1, build: 'test' };
  return new ProxySession(socket as unknown as WebSocket, node, known, null, '2026-01-01T00:00:00Z');
}

describe('a session', () => {
  it('cuts a proxy off that does not read, rather than keep more and more for it', () => {
    const slow = fakeSocket(17 * 1024 * 1024);
    expect(session(slow).send('x')).toBe(false);
    expect([slow.terminated, slow.sent]).toEqual([true, []]);
    const reading = fakeSocket(15 * 1024 * 1024);
    expect(session(reading).send('x')).toBe(true);
    expect([reading.terminated, reading.sent]).toEqual([false, ['x']]);
  });

  it('counts gaps in the reports, from the first on', () => {
    const edge = session();
    expect([0, 1, 4, 5, 9].map((seq) => edge.reported(seq))).toEqual([0, 0, 2, 0, 3]);
    expect(edge.lostReports).toBe(5);
  });

  it('knows a report that came on the connection before', () => {
    const known = {};
    expect(session(undefined, known).isNew('a')).toBe(true);
    const next = session(undefined, known);
    expect([next.isNew('a'), next.isNew('b'), next.isNew(undefined)]).toEqual([false, true, true]);
  });

  it('tells the halts that we asked for from those that somebody made at the proxy', () => {
    const edge = session();
    edge.haltAsked();
    edge.haltAsked();
    expect([edge.halted(), edge.halted(), edge.halted()]).toEqual([true, true, false]);
  });

  it('is PENDING until the version is acknowledged, and NACKED with the reason', () => {
    const edge = session();
    expect(edge.view(3, true)).toMatchObject({ sync: 'PENDING', configVersion: null });
    edge.acked(3);
    expect(edge.view(3, true)).toMatchObject({ sync: 'ACKED', configVersion: 3 });
    edge.nacked('CONFIG_REFUSED', 'no such version');
    expect(edge.view(4, true)).toMatchObject({
      sync: 'NACKED',
      configVersion: 3,
      message: 'CONFIG_REFUSED: no such version',
    });
    edge.acked(5);
    expect(edge.view(5, false)).toMatchObject({ sync: 'ACKED', message: null, connected: false });
  });
});

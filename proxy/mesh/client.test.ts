/** The mesh client over real sockets, with a control plane that follows a script. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { FromControl, FromProxy } from '../../contracts/wire.ts';
import { overlay, service } from '../testing/documents.ts';
import { FakeDataplane } from '../testing/fake-dataplane.ts';
import { ScriptedControl } from '../testing/scripted-control.ts';
import { MeshClient } from './client.ts';
import { HaltedRuns } from './halted-runs.ts';
import { MeshConfig } from './mesh-config.ts';
import { Reports } from './reports.ts';
import { Session } from './session.ts';

/** What the client says in its log, for what shows nowhere else. */
let said = '';
let onSaid = (): void => {};
const log = pino({ level: 'debug' }, { write: (line: string) => void ((said += line), onSaid()) });
const A = service('a', '127.0.0.1:1');
const B = service('b', '127.0.0.1:2');

let dataplane: FakeDataplane;
let control: ScriptedControl;
let client: MeshClient;
let nowMs: number;

function join(): MeshClient {
  const clock = { nowMs: () => nowMs };
  return new MeshClient({
    url: control.url,
    node: { id: 'edge', role: 'gateway', gateways: ['edge'], pid: 1, build: 'test' },
    dataplane,
    config: new MeshConfig(dataplane, undefined, log, () => 0),
    reports: new Reports({ dataplane, clock, boot: 'boot' }),
    haltedRuns: new HaltedRuns(),
    clock,
    log,
    random: () => 0,
  });
}

function snapshot(version: number, ...documents: SourceDocument[]): FromControl {
  return { type: 'snapshot', version, documents };
}

beforeEach(async () => {
  nowMs = 0;
  said = '';
  dataplane = new FakeDataplane();
  control = await ScriptedControl.start();
  client = join();
  await control.next('hello');
});
afterEach(async () => {
  await client.close();
  await control.close();
});

describe('configurations', () => {
  it('are put in force and acknowledged, as a whole or as what changed', async () => {
    control.say(snapshot(3, A));
    expect(await control.next('ack')).toEqual({ type: 'ack', version: 3 });
    control.say({ type: 'delta', base: 3, version: 4, set: [B], remove: ['Service/a'] });
    expect(await control.next('ack')).toEqual({ type: 'ack', version: 4 });
    expect(dataplane.documents).toEqual([B]);
  });

  it('that are refused leave the old one in force, and what follows builds on the old one', async () => {
    control.say(snapshot(3, A));
    await control.next('ack');
    dataplane.refuse = (version) =>
      version === 4 ? new MeshproofError('CONFIG_REFUSED', 'no such version') : undefined;
    control.say({ type: 'delta', base: 3, version: 4, set: [B], remove: [] });
    expect(await control.next('nack')).toEqual({
      type: 'nack',
      version: 4,
      code: 'CONFIG_REFUSED',
      message: 'no such version',
    });
    expect([dataplane.version, dataplane.documents]).toEqual([3, [A]]);
    control.say({ type: 'delta', base: 4, version: 5, set: [], remove: [] });
    expect(await control.next('nack')).toMatchObject({ version: 5, code: 'WIRE_BASE_MISMATCH' });
    control.say({ type: 'delta', base: 3, version: 6, set: [B], remove: [] });
    expect(await control.next('ack')).toMatchObject({ version: 6 });
    expect(dataplane.documents).toEqual([A, B]);
  });

  it('whose address is taken are tried again until it is free, and acknowledged then', async () => {
    const taken = new MeshproofError('ADDRESS_IN_USE', 'gateway edge');
    let left = 2;
    dataplane.refuse = (version) => (version === 3 && left-- > 0 ? taken : undefined);
    control.say(snapshot(3, A));
    expect(await control.next('nack')).toMatchObject({ version: 3, code: 'ADDRESS_IN_USE' });
    expect(await control.next('ack')).toEqual({ type: 'ack', version: 3 });
    expect([dataplane.documents, left]).toEqual([[A], -1]);
    control.say({ type: 'delta', base: 3, version: 4, set: [B], remove: [] });
    expect(await control.next('ack')).toEqual({ type: 'ack', version: 4 });
  });

  it('whose address is taken are not tried again when another one has come', async () => {
    dataplane.refuse = (version) => (version === 3 ? new MeshproofError('ADDRESS_IN_USE', 'edge') : undefined);
    control.say(snapshot(3, A));
    await control.next('nack');
    control.say(snapshot(4, B));
    await control.next('ack');
    dataplane.refuse = () => undefined;
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    await vi.advanceTimersByTimeAsync(20_000);
    vi.useRealTimers();
    expect(dataplane.documents).toEqual([B]);
  });

  it('are taken up one after another, and overlays behind those that came before them', async () => {
    let go = (): void => {};
    dataplane.applying = new Promise((resolve) => (go = resolve));
    control.say(snapshot(1, A));
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run')] });
    control.say({ type: 'heartbeat', experimentIds: ['run'] });
    control.say('{"type":"snapshot","version":2}');
    await control.next('nack'); // everything before it has been read
    expect(dataplane.overlays).toEqual([]);
    expect(dataplane.renewed).toEqual([['run']]);
    go();
    await control.next('overlays-ack');
    const answers = control.heard.map((m) => m.type).filter((t) => t === 'ack' || t === 'overlays-ack');
    expect(answers).toEqual(['ack', 'overlays-ack']);
  });

  it('are refused while the proxy drains', async () => {
    client.drain();
    control.say(snapshot(1, A));
    expect(await control.next('nack')).toMatchObject({ code: 'DRAINING' });
    expect(dataplane.version).toBeNull();
  });

  it('that cannot be understood are refused by their version', async () => {
    control.say('{"type":"snapshot","version":9}');
    expect(await control.next('nack')).toMatchObject({ version: 9, code: 'WIRE_MALFORMED' });
  });
});

describe('a control plane that is not understood', () => {
  it('is left, and tried again', async () => {
    control.say('{"type":"overlays","revision":1}');
    await control.next('hello');
    expect(control.closeCodes).toEqual([4400]);
  });

  it('is forgiven what a newer version may say', async () => {
    control.say('{"type":"later","on":true}');
    control.say(snapshot(1, A));
    await control.next('ack');
    expect(control.connections).toBe(1);
  });
});

describe('overlays', () => {
  it('are acknowledged, with those that cannot be honoured and why', async () => {
    control.say({ type: 'overlays', revision: 7, overlays: [overlay('x', { service: 'unknown' }), overlay('run')] });
    expect(await control.next('overlays-ack')).toMatchObject({
      revision: 7,
      refused: [{ experimentId: 'x', code: 'CONFIG_REFUSED' }],
    });
    expect(dataplane.overlays.map((o) => o.experimentId)).toEqual(['run']);
  });

  it('that were halted do not come back when they are sent again, but a new run does', async () => {
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run-1')] });
    await control.next('overlays-ack');
    control.say({ type: 'halt', reason: 'test' });
    expect(await control.next('halted')).toEqual({ type: 'halted', overlays: 1, faults: 0 });
    control.say({ type: 'overlays', revision: 2, overlays: [overlay('run-1', { epoch: 2 })] });
    expect(await control.next('overlays-ack')).toMatchObject({
      refused: [{ experimentId: 'run-1', code: 'EXPERIMENT_ENDED' }],
    });
    expect(dataplane.overlays).toEqual([]);
    control.say({ type: 'overlays', revision: 3, overlays: [overlay('run-2')] });
    expect(await control.next('overlays-ack')).toMatchObject({ refused: [] });
  });

  it('that wait behind a configuration are halted before they are in force', async () => {
    let go = (): void => {};
    dataplane.applying = new Promise((resolve) => (go = resolve));
    control.say(snapshot(1, A));
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run')] });
    control.say({ type: 'halt', reason: 'test' });
    await control.next('halted');
    go();
    expect(await control.next('overlays-ack')).toMatchObject({ refused: [{ experimentId: 'run' }] });
    expect(dataplane.overlays).toEqual([]);
  });

  it('that were halted at the proxy itself are told and stay away', async () => {
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run')] });
    await control.next('overlays-ack');
    client.haltedHere(dataplane.halt());
    expect(await control.next('halted')).toMatchObject({ overlays: 1 });
    control.say({ type: 'overlays', revision: 2, overlays: [overlay('run')] });
    expect(await control.next('overlays-ack')).toMatchObject({ refused: [{ experimentId: 'run' }] });
  });

  it('whose lease ran out are told, at once or on the next connection', async () => {
    dataplane.onLeaseExpired('run', 2);
    expect(await control.next('lease-expired')).toEqual({ type: 'lease-expired', experimentId: 'run', epoch: 2 });
    control.cut();
    await untilSaid('no control plane');
    dataplane.onLeaseExpired('other', 1);
    expect(await control.next('lease-expired')).toMatchObject({ experimentId: 'other' });
  });
});

describe('a lost connection', () => {
  it('comes back with the version that is in force, and goes on from there', async () => {
    control.say(snapshot(3, A));
    await control.next('ack');
    control.cut();
    expect(await control.next('hello')).toMatchObject({ configVersion: 3 });
    control.say({ type: 'delta', base: 3, version: 4, set: [B], remove: [] });
    expect(await control.next('ack')).toMatchObject({ version: 4 });
  });

  it('comes back after the control plane was away', async () => {
    const { port } = control;
    await control.close();
    control = await ScriptedControl.start(port);
    expect(await control.next('hello')).toMatchObject({ node: { id: 'edge' } });
  });

  it('loses no count and brings none twice, whenever it is lost', async () => {
    let received = 0;
    let lastId: string | undefined;
    let reports = 0;
    control.onMessage = (message: FromProxy) => {
      if (message.type !== 'telemetry') return;
      reports++;
      if (message.reportId !== lastId) received += message.traffic[0]?.codes['200'] ?? 0;
      lastId = message.reportId;
      // Before its pong is out: the proxy cannot know whether this one arrived.
      if (reports % 3 === 1) control.cut();
    };
    let recorded = 0;
    for (let i = 1; i <= 12; i++) {
      dataplane.counted += i;
      recorded += i;
      nowMs += 1_000;
      await control.next('telemetry');
    }
    control.onMessage = keep((id, count) => {
      if (id !== lastId) received += count;
      lastId = id;
    });
    await control.until(() => control.connections > 1);
    await client.close();
    expect(control.connections).toBeGreaterThan(3);
    expect(received).toBe(recorded);
  }, 20_000);
});

describe('telemetry', () => {
  it('rises by one with each report, from 0 on each connection, and comes when nothing happened too', async () => {
    nowMs += 1_000;
    expect(await control.next('telemetry')).toMatchObject({ seq: 0, windowMs: 1_000, traffic: [] });
    nowMs += 1_000;
    expect(await control.next('telemetry')).toMatchObject({ seq: 1 });
    control.cut();
    await control.next('hello');
    nowMs += 1_000;
    expect(await control.next('telemetry')).toMatchObject({ seq: 0 });
  });

  it('is not taken while an earlier message still waits to leave', async () => {
    const waiting = vi.spyOn(WebSocket.prototype, 'bufferedAmount', 'get').mockReturnValue(1);
    dataplane.counted = 5;
    nowMs += 1_000;
    await ticks(2);
    expect(dataplane.counted).toBe(5);
    waiting.mockRestore();
    expect(await control.next('telemetry')).toMatchObject({ traffic: [{ codes: { '200': 5 } }] });
  });

  it('stays in doubt until it is confirmed, and a connection that confirms nothing is given up', async () => {
    const { port } = control;
    await control.close();
    control = await ScriptedControl.start(port, false);
    await control.next('hello');
    nowMs += 1_000;
    const { reportId } = await control.next('telemetry');
    dataplane.counted = 5;
    nowMs += 5_000;
    await ticks(2);
    expect([dataplane.counted, control.connections]).toEqual([5, 1]);
    nowMs += 1;
    await control.next('hello');
    expect(await control.next('telemetry')).toMatchObject({ seq: 0, reportId });
    expect(control.closeCodes).toEqual([1006]);
  });

  it('is flushed to the last count when the proxy ends', async () => {
    dataplane.counted = 5;
    await client.close();
    expect(await control.next('telemetry')).toMatchObject({ traffic: [{ codes: { '200': 5 } }] });
    expect(control.closeCodes).toEqual([1000]);
  });
});

function keep(take: (id: string | undefined, count: number) => void): (message: FromProxy) => void {
  return (message) => {
    if (message.type === 'telemetry') take(message.reportId, message.traffic[0]?.codes['200'] ?? 0);
  };
}

/** Waits until the client has looked so many times more whether there is something to send. */
async function ticks(count: number): Promise<void> {
  const tick = vi.spyOn(Session.prototype, 'tick');
  await vi.waitUntil(() => tick.mock.calls.length >= count, { timeout: 20_000, interval: 10 });
  tick.mockRestore();
}

function untilSaid(words: string): Promise<void> {
  return new Promise((resolve) => {
    onSaid = () => said.includes(words) && resolve();
    onSaid();
  });
}

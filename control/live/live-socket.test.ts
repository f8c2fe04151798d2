/** The live stream over a real socket, in the words of its contract. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { LIVE_PATH, LiveMessage } from '../../contracts/live.ts';
import { API } from '../../contracts/paths.ts';
import { canary, service, testControl } from '../testing/running-control.ts';
import type { TestControl } from '../testing/running-control.ts';
import { armRow, ScriptedProxy } from '../testing/scripted-proxy.ts';

let control: TestControl;
let edge: ScriptedProxy;
let watcher: WebSocket;
const heard: LiveMessage[] = [];

beforeEach(async () => {
  heard.length = 0;
  control = await testControl();
  edge = await ScriptedProxy.connect(control.address);
  await edge.hear('overlays');
  watcher = new WebSocket(`ws://${control.address}${LIVE_PATH}`);
  watcher.on('message', (data: Buffer) => heard.push(LiveMessage.parse(JSON.parse(data.toString('utf8')))));
  await new Promise((resolve) => watcher.once('message', resolve));
});
afterEach(async () => {
  watcher.terminate();
  edge.close();
  await control.dispose();
});

async function until(passes: (message: LiveMessage) => boolean): Promise<LiveMessage> {
  for (;;) {
    const found = heard.find(passes);
    if (found) return found;
    await new Promise((resolve) => watcher.once('message', resolve));
  }
}

it('begins with an overview, and brings one every second', async () => {
  expect(heard[0]).toMatchObject({ type: 'overview', proxies: [{ id: 'edge', connected: true }], services: [] });
  await control.ask('PUT', API.documents, { documents: [service()] });
  await until((m) => m.type === 'overview' && m.services[0]?.name === 'reviews' && m.services[0].health === 'unknown');
});

it('brings every entry of a journal, every change of an experiment, and both arms by the second', async () => {
  await control.ask('PUT', API.documents, { documents: [service()] });
  const { body } = await control.ask('POST', API.experiments, { document: canary('c', { measure: '1m' }) });
  const id = String(body['id']);
  await until((m) => m.type === 'journal' && m.entry.seq === 0 && m.entry.experimentId === id);
  await until((m) => m.type === 'experiment' && m.experiment.phase === 'measuring');
  edge.report(armRow(id, 0, 'baseline', 0, 7, 0));
  const point = await until((m) => m.type === 'point' && m.experimentId === id);
  expect(point).toMatchObject({ point: { arms: [{ arm: 'baseline', requests: 7 }, { arm: 'candidate' }] } });
  edge.heard.length = 0;
  await control.ask('POST', API.abort('c'), { reason: 'enough' });
  const { revision } = await edge.hear('overlays', (m) => m.overlays.length === 0);
  edge.say({ type: 'overlays-ack', revision, refused: [] });
  await until((m) => m.type === 'experiment' && m.experiment.phase === 'rolled-back');
  const seqs = heard.flatMap((m) => (m.type === 'journal' ? [m.entry.seq] : []));
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
});

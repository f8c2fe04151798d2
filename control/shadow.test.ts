/** A shadow over real HTTP and WebSocket: what a scripted proxy compares reaches the judge, once. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ComparedAnswer } from '../contracts/comparison.ts';
import { ExperimentView } from '../contracts/experiment.ts';
import { API } from '../contracts/paths.ts';
import { ScriptedProxy } from './testing/scripted-proxy.ts';
import { service, testControl } from './testing/running-control.ts';
import type { TestControl } from './testing/running-control.ts';

let control: TestControl;
let proxy: ScriptedProxy;

beforeEach(async () => {
  control = await testControl();
  await control.ask('PUT', API.documents, { documents: [service()] });
  proxy = await ScriptedProxy.connect(control.address);
});

afterEach(async () => {
  proxy.close();
  await control.dispose();
});

const SHADOW = {
  apiVersion: 'meshproof.dev/v1',
  kind: 'Shadow',
  metadata: { name: 'rewrite' },
  spec: { service: 'reviews', baseline: 'v1', candidate: 'v2', run: { min: '0s' }, analysis: { learn: 10 } },
};

function answer(price: number): ComparedAnswer {
  return { status: 200, headers: {}, body: { kind: 'json', value: { price } }, latencyUs: 1_000 };
}

async function view(): Promise<ExperimentView> {
  return ExperimentView.parse((await control.ask('GET', API.experiment('rewrite'))).body);
}

it('counts a report that is sent again once, judges its comparisons, and takes the copying away with the verdict', async () => {
  await control.ask('POST', API.experiments, { document: SHADOW });
  const laid = await proxy.hear('overlays', ({ overlays }) => overlays[0]?.shadow !== undefined);
  const overlay = laid.overlays[0];
  expect(overlay).toMatchObject({ candidatePpm: 0, shadow: { writes: 'never', mirrorPpm: 1_000_000 } });
  const { experimentId = '', epoch = 0 } = overlay ?? {};
  const report = (seq: number, reportId: string, count: number, price: number): void => {
    const sample = { experimentId, epoch, method: 'GET', path: '/', baseline: answer(20), again: answer(20) };
    const samples = Array.from({ length: count }, () => ({ ...sample, candidate: answer(price) }));
    const comparisons = [{ experimentId, samples, mirrored: count + 5, dropped: 1 }];
    proxy.say({ type: 'telemetry', seq, reportId, windowMs: 200, traffic: [], arms: [], comparisons });
  };
  report(0, 'a', 10, 20);
  report(1, 'a', 10, 20);
  await expect
    .poll(async () => (await view()).judgement.copies)
    .toMatchObject({ mirrored: 15, dropped: 1, learnt: 10 });
  report(2, 'b', 30, 0);
  const { revision } = await proxy.hear('overlays', (m) => m.revision > laid.revision && m.overlays.length === 0);
  expect((await view()).endedAt, 'not before the proxy says that it is gone').toBeNull();
  proxy.say({ type: 'overlays-ack', revision, refused: [] });
  await expect.poll(async () => (await view()).endedAt).not.toBeNull();
  const { verdict, judgement } = await view();
  expect(verdict).toBe('FAIL');
  expect(judgement.copies).toMatchObject({ mirrored: 50, compared: 30, learnt: 10 });
  expect(judgement.differences?.[0]).toMatchObject({ path: 'body.price', verdict: 'FAIL', candidateOnly: 30 });
});

it('promotes nothing, and refuses a second experiment on the service meanwhile', async () => {
  await control.ask('POST', API.experiments, { document: SHADOW });
  const promoted = await control.ask('POST', API.promote('rewrite'), { reason: 'why not' });
  expect(promoted.body['error']).toMatchObject({ code: 'REQUEST_INVALID' });
  const other = { ...SHADOW, metadata: { name: 'other' } };
  const { body } = await control.ask('POST', API.experiments, { document: other });
  expect(body['error']).toMatchObject({ code: 'EXPERIMENT_OVERLAP' });
});

/** The control plane over real HTTP and WebSocket, with scripted proxies. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { API } from '../contracts/paths.ts';
import { armRow, ScriptedProxy } from './testing/scripted-proxy.ts';
import { canary, service, testControl } from './testing/running-control.ts';
import type { TestControl } from './testing/running-control.ts';

let control: TestControl;
const proxies: ScriptedProxy[] = [];

async function proxy(id = 'edge', version: number | null = null): Promise<ScriptedProxy> {
  const connected = await ScriptedProxy.connect(control.address, id, version);
  proxies.push(connected);
  return connected;
}

const apply = (...documents: unknown[]): ReturnType<TestControl['ask']> =>
  control.ask('PUT', API.documents, { documents });

beforeEach(async () => {
  control = await testControl();
});

afterEach(async () => {
  for (const p of proxies.splice(0)) p.close();
  await control.dispose();
});

describe('documents', () => {
  it('are applied all or nothing', async () => {
    const { status, body } = await apply(service(), service('v9', 'ratings'));
    expect(status).toBe(422);
    expect(body['error']).toMatchObject({
      code: 'DOCUMENT_INVALID',
      problems: [{ path: 'Service/ratings spec.stable' }],
    });
    expect((await control.ask('GET', API.documents)).body['documents']).toEqual([]);
  });

  it('say whether they were created, changed or unchanged, and only a change raises the version', async () => {
    const actions = async (document: unknown): Promise<unknown> => (await apply(document)).body;
    expect(await actions(service())).toEqual({ version: 1, results: [{ key: 'Service/reviews', action: 'created' }] });
    expect(await actions(service())).toEqual({
      version: 1,
      results: [{ key: 'Service/reviews', action: 'unchanged' }],
    });
    expect(await actions(service('v2'))).toEqual({
      version: 2,
      results: [{ key: 'Service/reviews', action: 'changed' }],
    });
  });

  it('are not deleted while another document needs them', async () => {
    const gateway = {
      apiVersion: 'meshproof.dev/v1',
      kind: 'Gateway',
      metadata: { name: 'edge' },
      spec: { listen: '127.0.0.1:0', defaultService: 'reviews' },
    };
    await apply(service(), gateway);
    const { status, body } = await control.ask('DELETE', API.document('Service', 'reviews'));
    expect([status, (body['error'] as { code: string }).code]).toEqual([409, 'DOCUMENT_IN_USE']);
    expect((await control.ask('DELETE', API.document('Gateway', 'edge'))).status).toBe(200);
    expect((await control.ask('DELETE', API.document('Service', 'reviews'))).status).toBe(200);
  });

  it('are only checked by a dry run', async () => {
    await control.ask('PUT', API.documents, { documents: [service()], dryRun: true });
    expect((await control.ask('GET', API.document('Service', 'reviews'))).status).toBe(404);
  });

  it('outlive a restart', async () => {
    await apply(service());
    control = await control.restart();
    expect((await control.ask('GET', API.document('Service', 'reviews'))).body).toEqual(service());
  });
});

describe('distribution', () => {
  it('sends a new proxy the whole, and then what changes', async () => {
    await apply(service());
    const edge = await proxy();
    expect(await edge.hear('snapshot')).toMatchObject({ version: 1, documents: [service()] });
    await apply(service('v2'));
    expect(await edge.hear('delta')).toMatchObject({ base: 1, version: 2, set: [service('v2')], remove: [] });
  });

  it('sends no snapshot to a proxy that has the version already', async () => {
    await apply(service());
    const before = await proxy();
    before.say({ type: 'ack', version: (await before.hear('snapshot')).version });
    before.say({ type: 'nack', version: 0, code: 'WIRE_BASE_MISMATCH', message: '' });
    await before.hear('snapshot');
    const edge = await proxy('edge', 1);
    await edge.hear('overlays');
    expect(edge.heard.some((m) => m.type === 'snapshot')).toBe(false);
  });

  it('sends the whole to a proxy whose version it only knows by number', async () => {
    await apply(service());
    const edge = await proxy('edge', 1);
    expect(await edge.hear('snapshot')).toMatchObject({ version: 1 });
  });

  it('counts a report that was sent twice once', async () => {
    await apply(service());
    const edge = await proxy();
    const traffic = [
      {
        source: 'edge',
        service: 'reviews',
        version: 'v1',
        route: 'default',
        codes: { 200: 7 },
        retries: 0,
        shielded: 0,
        faults: 0,
        latencySumUs: 7,
        latency: [[1, 7]],
      },
    ];
    for (const seq of [0, 1]) edge.say({ type: 'telemetry', seq, reportId: 'r1', windowMs: 1_000, traffic, arms: [] });
    edge.say({ type: 'nack', version: 0, code: 'WIRE_BASE_MISMATCH', message: '' });
    await edge.hear('snapshot');
    await edge.hear('snapshot');
    await expect
      .poll(
        async () => {
          const { body } = await control.ask('GET', API.service('reviews'));
          return (body['points'] as { requests: number }[]).reduce((sum, p) => sum + p.requests, 0);
        },
        { timeout: 5_000 },
      )
      .toBe(7);
  });

  it('rolls everything back when somebody halts a proxy at its own address', async () => {
    await apply(service());
    const edge = await proxy();
    await control.ask('POST', API.experiments, { document: canary() });
    await edge.hear('overlays', (m) => m.overlays.length === 1);
    edge.say({ type: 'halted', overlays: 1, faults: 0 });
    await edge.hear('overlays', (m) => m.overlays.length === 0 && m.revision > 1);
    await control.plane.runner.settled();
    expect((await control.ask('GET', API.experiment('reviews-v2'))).body).toMatchObject({ haltedBy: 'proxy edge' });
  });

  it('closes while a proxy is connected', async () => {
    const edge = await proxy();
    await edge.hear('overlays');
    control = await control.restart();
    await edge.closing();
  });

  it('shows a refused version with the reason, and answers a wrong base with the whole', async () => {
    const edge = await proxy();
    await edge.hear('snapshot');
    edge.say({ type: 'nack', version: 0, code: 'CONFIG_REFUSED', message: 'no such thing' });
    edge.say({ type: 'nack', version: 0, code: 'WIRE_BASE_MISMATCH', message: 'I am at 7' });
    await edge.hear('snapshot');
    const { body } = await control.ask('GET', API.proxies);
    expect(body['proxies']).toMatchObject([{ id: 'edge', sync: 'NACKED', message: 'WIRE_BASE_MISMATCH: I am at 7' }]);
  });

  it('shows an overlay that a proxy refused, until it no longer does', async () => {
    const edge = await proxy();
    const refused = [{ experimentId: 'exp_1', code: 'CONFIG_REFUSED', message: 'there is no Service reviews here' }];
    const shown = async (list: unknown[]): Promise<unknown> => {
      edge.say({ type: 'overlays-ack', revision: 1, refused: list });
      edge.say({ type: 'ack', version: 0 });
      edge.say({ type: 'lease-expired', experimentId: 'x', epoch: 0 });
      await edge.hear('overlays');
      return (await control.ask('GET', API.proxies)).body['proxies'];
    };
    await edge.hear('overlays');
    expect(await shown(refused)).toMatchObject([
      { sync: 'NACKED', message: 'overlay of exp_1: CONFIG_REFUSED: there is no Service reviews here' },
    ]);
    expect(await shown([])).toMatchObject([{ sync: 'ACKED', message: null }]);
  });

  it.each([
    ['{"type":"nonsense"}', /^WIRE_MALFORMED: type/],
    ['{"type":"ack"}', /^WIRE_MALFORMED: version/],
    ['no json \u00e9', /^WIRE_MALFORMED: /],
    ['null', /^WIRE_MALFORMED: /],
    [
      { type: 'hello', v: 1, node: { id: 'b', role: 'gateway', gateways: [], pid: 1, build: '' }, configVersion: null },
      /^WIRE_MALFORMED: a second hello/,
    ],
    [
      {
        type: 'telemetry',
        seq: 0,
        windowMs: 1,
        traffic: [],
        arms: [{ ...armRow('x', 0, 'baseline', 0, 1, 0), latency: [[1e9, 1]] }],
      },
      /^WIRE_MALFORMED: arms.0.latency/,
    ],
  ])('closes a connection that does not speak the protocol, with the reason: %j', async (message, reason) => {
    const edge = await proxy();
    edge.say(message);
    expect(await edge.closing()).toMatch(reason);
    expect((await control.ask('GET', API.health)).status).toBe(200);
  });

  it('gives a proxy that comes twice to the newer connection', async () => {
    const old = await proxy();
    await old.hear('overlays');
    const edge = await proxy();
    expect(await old.closing()).toBe('another connection of this proxy took over');
    await edge.hear('overlays');
    const { body } = await control.ask('GET', API.proxies);
    expect(body['proxies']).toMatchObject([{ id: 'edge', connected: true }]);
  });

  it('goes on for the others when a report of one cannot be taken', async () => {
    const [edge, other] = [await proxy('edge'), await proxy('other')];
    await Promise.all([edge.hear('overlays'), other.hear('overlays')]);
    control.plane.hub.onReport = ({ node }) => {
      if (node === 'edge') throw new Error('a mistake of ours');
    };
    edge.report();
    expect(await edge.closing()).toMatch(/^INTERNAL/);
    other.report();
    other.say({ type: 'nack', version: 0, code: 'WIRE_BASE_MISMATCH', message: '' });
    await other.hear('snapshot');
    expect((await control.ask('GET', API.health)).body).toMatchObject({ proxies: 1 });
  });

  it('keeps the leases of faults alive', async () => {
    const edge = await proxy();
    await edge.hear('overlays');
    const spec = { service: 'reviews', delay: { fixed: '1s' }, lease: '150ms' };
    edge.heard.length = 0;
    await apply(service(), { apiVersion: 'meshproof.dev/v1', kind: 'Fault', metadata: { name: 'slow' }, spec });
    for (let beats = 0; beats < 5; beats++) await edge.hear('heartbeat');
  });

  it('counts the reports that were lost', async () => {
    const edge = await proxy();
    edge.report();
    edge.loseReport();
    edge.report();
    edge.say({ type: 'nack', version: 0, code: 'WIRE_BASE_MISMATCH', message: '' });
    await edge.hear('snapshot');
    await edge.hear('snapshot');
    expect((await control.ask('GET', API.proxies)).body['proxies']).toMatchObject([{ lostReports: 1 }]);
  });

  it('keeps the leases alive by heartbeats that name the experiments', async () => {
    await apply(service());
    const edge = await proxy();
    const { body } = await control.ask('POST', API.experiments, { document: canary('c', { lease: '300ms' }) });
    await edge.hear('heartbeat', (m) => m.experimentIds.includes(String(body['id'])));
  });

  it('sends an overlay again to a proxy that let it run out', async () => {
    await apply(service());
    const edge = await proxy();
    await control.ask('POST', API.experiments, { document: canary() });
    const { revision } = await edge.hear('overlays', (m) => m.overlays.length === 1);
    edge.say({ type: 'lease-expired', experimentId: 'x', epoch: 0 });
    await edge.hear('overlays', (m) => m.revision >= revision && m.overlays.length === 1);
  });
});

describe('an experiment', () => {
  async function stepping(): Promise<{ readonly edge: ScriptedProxy; readonly id: string; readonly epoch: number }> {
    await apply(service());
    const edge = await proxy();
    const { body } = await control.ask('POST', API.experiments, { document: canary() });
    const id = String(body['id']);
    edge.report(armRow(id, 0, 'baseline', 0, 100, 0));
    const { overlays } = await edge.hear('overlays', (m) => m.overlays[0]?.candidatePpm === 500_000);
    edge.heard.length = 0;
    return { edge, id, epoch: overlays[0]?.epoch ?? -1 };
  }

  async function gate(): Promise<Record<string, unknown>> {
    return (await control.ask('GET', API.gate('reviews-v2'))).body;
  }

  it('is rolled back on the report that shows the regress, and says so when the proxies have', async () => {
    const { edge, id, epoch } = await stepping();
    edge.report(armRow(id, epoch, 'baseline', 500_000, 100, 0), armRow(id, epoch, 'candidate', 500_000, 100, 40));
    const { revision } = await edge.hear('overlays', (m) => m.overlays.length === 0);
    expect(await gate(), 'the proxy has not said so yet').toMatchObject({ verdict: 'FAIL', terminal: false });
    edge.say({ type: 'overlays-ack', revision, refused: [] });
    await vi.waitFor(async () =>
      expect(await gate()).toMatchObject({ status: 'FAILED', verdict: 'FAIL', ok: false, terminal: true }),
    );
    const journal = await control.ask('GET', API.journal('reviews-v2'));
    const entries = journal.body['entries'] as { seq: number; data: Record<string, unknown> }[];
    expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i));
    expect(entries.every((e) => !('state' in e.data))).toBe(true);
  });

  it('moves nothing but `stable` when it is promoted', async () => {
    const { edge } = await stepping();
    await control.ask('POST', API.promote('reviews-v2'), { reason: 'looks good' });
    expect(await edge.hear('delta')).toMatchObject({ set: [service('v2')] });
    await edge.hear('overlays', (m) => m.overlays[0]?.baseline === 'v2' && m.overlays[0].candidatePpm === 0);
  });

  it('is refused beside another on the same service', async () => {
    await stepping();
    const other = await control.ask('POST', API.experiments, { document: canary('other') });
    expect([other.status, (other.body['error'] as { code: string }).code]).toEqual([409, 'EXPERIMENT_OVERLAP']);
  });

  it('goes on after a restart with a new epoch of the same run', async () => {
    const { id, epoch } = await stepping();
    proxies.splice(0).forEach((p) => p.close());
    control = await control.restart();
    const edge = await proxy('edge', 1);
    await edge.hear('overlays', (m) => m.overlays[0]?.experimentId === id && m.overlays[0].epoch > epoch);
  });

  it('leaves no overlay behind when its journal is gone', async () => {
    await apply(service());
    const overlay = {
      experimentId: 'lost',
      experiment: 'lost',
      epoch: 1,
      service: 'reviews',
      baseline: 'v1',
      candidate: 'v2',
      candidatePpm: 500_000,
      shield: false,
      seed: 1,
      leaseMs: 10_000,
    };
    await control.plane.store.setOverlay(overlay);
    control = await control.restart();
    expect((await (await proxy()).hear('overlays')).overlays).toEqual([]);
    expect(await control.plane.store.overlays()).toEqual([]);
  });

  it('is ended by the halt, proxies first', async () => {
    const { edge } = await stepping();
    const { body } = await control.ask('POST', API.halt, { reason: 'drill' }, { 'x-meshproof-user': 'ada' });
    expect(body).toMatchObject({ experiments: ['reviews-v2'], proxies: 1 });
    await edge.hear('halt');
    const { revision } = await edge.hear('overlays', (m) => m.overlays.length === 0);
    edge.say({ type: 'overlays-ack', revision, refused: [] });
    await vi.waitFor(async () => expect(await gate()).toMatchObject({ status: 'ABORTED' }));
    expect((await control.ask('GET', API.experiment('reviews-v2'))).body).toMatchObject({ haltedBy: 'ada' });
  });
});

describe('a halt', () => {
  it('takes the faults out of the configuration, so that a proxy that was away does not inject them again', async () => {
    const fault = {
      apiVersion: 'meshproof.dev/v1',
      kind: 'Fault',
      metadata: { name: 'slow' },
      spec: { service: 'reviews', delay: { fixed: '1s' } },
    };
    await apply(service(), fault);
    const edge = await proxy();
    const { body } = await control.ask('POST', API.halt, { reason: 'drill' });
    expect(body).toMatchObject({ faults: ['slow'], experiments: [], proxies: 1 });
    expect(await edge.hear('halt')).toMatchObject({ reason: 'drill' });
    expect(await edge.hear('delta')).toMatchObject({ remove: ['Fault/slow'] });
    expect(await (await proxy('late')).hear('snapshot')).toMatchObject({ documents: [service()] });
  });
});

import { describe, expect, it } from 'vitest';
import { ExperimentView } from '../contracts/experiment.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { declare, Drive, ID, traffic } from './testing/drive.ts';

const start = (d: Drive, spec: Record<string, unknown> = {}): Promise<unknown> => d.start(spec, 'Chaos');
const abort = (percent: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'aborts',
  for: '10s',
  fault: { service: 'reviews', percent, abort: { status: 503 } },
  ...more,
});
const metrics = (min: number): Record<string, unknown> => ({
  metrics: [{ name: 'success-rate', min }],
  requests: 50,
});

describe('the life of a Chaos experiment', () => {
  it('passes a service that bears its faults, and leaves nothing behind', async () => {
    const d = new Drive();
    await start(d);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ kind: 'Chaos', phase: 'rolled-back', verdict: 'PASS', score: 100, haltedBy: null });
    expect(d.world.overlays.size).toBe(0);
    expect(d.world.confirmed).toEqual([3, 'drop']);
    expect(d.world.moves).toEqual([]);
    const told = d.types().filter((type) => type !== 'done');
    expect(told).toEqual(['declared', 'measuring', 'step', 'faults-over', 'verdict', 'rolled-back']);
    for (const type of told) expect(JOURNAL_TYPES).toHaveProperty(type);
    expect(d.view.judgement.checks?.map((check) => `${check.name}: ${check.verdict}`)).toEqual([
      'success-rate before: PASS',
      'success-rate during: PASS',
      'success-rate after: PASS',
    ]);
    expect(() => ExperimentView.parse(d.view)).not.toThrow();
    expect(gateStatus(d.view)).toMatchObject({ status: 'PASSED', ok: true, score: 100 });
  });

  it('fails a service whose steady state does not hold, with the figures and a score', async () => {
    const d = new Drive();
    await start(d, { steadyState: metrics(98) });
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(d.view.reason).toMatch(/^success-rate during: 9[45]\.\d+ % of 2,\d+ requests, at least 98 % wanted$/);
    expect(d.view.score).toBeGreaterThan(45);
    expect(d.view.score).toBeLessThan(75);
  });

  it('measures latency at its quantile', async () => {
    const d = new Drive(traffic({ v1: { latencyMs: 200 } }));
    await start(d, {
      steadyState: { metrics: [{ name: 'latency', quantile: 0.9, max: '100ms' }], requests: 50 },
    });
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ verdict: 'INCONCLUSIVE', score: null });
    expect(d.view.reason).toMatch(/nothing was broken: .*latency p90 before: [\d.]+ ms .* at most 100 ms wanted/);
    expect(d.types()).not.toContain('step');
  });

  it('ends the faults at once when a guardrail is crossed, and measures the recovery', async () => {
    const d = new Drive();
    await start(d, {
      maxShare: 100,
      faults: [abort(80, { for: '5m' })],
      deadline: '10m',
      guardrails: [{ name: 'success-rate', min: 50 }],
    });
    await d.until(() => d.view.phase === 'injecting');
    expect(await d.until(() => d.view.phase === 'recovering')).toBeLessThanOrEqual(1_000);
    expect(d.world.overlays.get(ID)?.faults).toBeUndefined();
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(d.view.reason).toMatch(/^guardrail crossed: success-rate: \d+ of \d+ requests failed, more than 50 % may/);
  });

  it('shows nothing with a fault that touched no request', async () => {
    const d = new Drive();
    d.traffic.faultsMeet = false;
    await start(d);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', score: null });
    expect(d.view.reason).toContain('aborts touched nothing');
  });

  it('names the one of several faults that touched nothing, and one guardrail ends all of them', async () => {
    const rare = { name: 'rare', for: '10s', fault: { service: 'reviews', percent: 0.0001, hang: true } };
    const d = new Drive();
    await start(d, { faults: [abort(5), rare] });
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ verdict: 'INCONCLUSIVE', score: null });
    expect(d.view.reason).toMatch(/^rare touched nothing/);
    const bad = new Drive();
    await start(bad, { faults: [abort(40), rare], guardrails: [{ name: 'success-rate', min: 95 }] });
    await bad.until(() => (bad.world.overlays.get(ID)?.faults?.length ?? 0) === 2);
    await bad.until(() => bad.view.phase === 'recovering');
    expect(bad.world.overlays.get(ID)?.faults).toBeUndefined();
    await bad.until(() => bad.ended);
    expect(bad.view.verdict).toBe('FAIL');
  });

  it('ramps a fault up in ten steps, and runs several over time', async () => {
    const d = new Drive();
    const later = { name: 'later', at: '8s', for: '5s', fault: { service: 'ratings', percent: 10, hang: true } };
    d.world.services = ['reviews', 'ratings'];
    await start(d, { faults: [abort(50, { for: '5s', ramp: '5s' }), later], steadyState: metrics(10) });
    const seen: string[] = [];
    await d.until(() => {
      const faults = d.world.overlays.get(ID)?.faults ?? [];
      const now = faults.map(({ name, spec }) => `${name} ${String(spec['percent'])}`).join();
      if (now !== seen.at(-1)) seen.push(now);
      return d.ended;
    });
    const ramp = Array.from({ length: 10 }, (_, i) => `aborts ${(i + 1) * 5}`);
    expect(seen).toEqual(['', ...ramp, '', 'later 10', '']);
  });

  it('has the proxies hold its caps: the share of each fault, and the numbers of all together', async () => {
    const d = new Drive();
    const faults = [
      abort(20),
      { ...abort(5), name: 'few', fault: { service: 'reviews', percent: 5, maxShare: 6, hang: true } },
      { name: 'gone', at: '0s', for: '5s', fault: { service: 'reviews', endpointGone: 1 } },
    ];
    await start(d, { maxShare: 100, faults, maxConcurrent: 7, maxPerSecond: 30 });
    await d.until(() => d.view.phase === 'injecting');
    const laid = d.world.overlays.get(ID);
    expect(laid?.faultLimits).toEqual({ maxConcurrent: 7, maxPerSecond: 30 });
    expect(laid?.faults?.map(({ spec }) => spec['maxShare'])).toEqual([100, 6, undefined]);
  });

  it('breaks nothing while there is no traffic', async () => {
    const d = new Drive(traffic({}, 0));
    await start(d, { deadline: '1m' });
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ verdict: 'INCONCLUSIVE', phase: 'rolled-back' });
    expect(d.types()).not.toContain('step');
    expect(d.types()).toContain('no-traffic');
  });

  it('drops its faults when no proxy reports any more', async () => {
    const d = new Drive();
    await start(d, { faults: [abort(5, { for: '2m' })] });
    await d.until(() => d.view.phase === 'injecting');
    d.traffic.reports = false;
    expect(await d.until(() => d.ended)).toBeLessThan(12_000);
    expect(d.view.reason).toContain('no data');
    expect(d.world.overlays.size).toBe(0);
  });

  it('counts the time of its faults only while they are seen in force, however often the control plane dies', async () => {
    const d = new Drive();
    await start(d);
    await d.until(() => d.view.phase === 'injecting');
    for (let kills = 0; kills < 5; kills++) {
      await d.restart(500);
      d.traffic.reports = false; // the proxies are on their way back
      await d.run(2_500);
      d.traffic.reports = true;
      await d.run(1_000);
    }
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
    const during = d.view.judgement.checks?.find((check) => check.name === 'success-rate during');
    expect(during?.measurements).toBeGreaterThan(8 * 200); // of 10 s
  });

  it('is not over before every proxy has confirmed that the faults are gone', async () => {
    const d = new Drive();
    await start(d);
    d.world.fate = (call) => (call === 'confirm' ? 'fail' : 'go on');
    await d.until(() => d.view.phase === 'recovering');
    await d.run(30_000);
    expect(d.view.phase).toBe('recovering');
    expect(d.types().filter((type) => type === 'failing')).toHaveLength(1);
    d.world.fate = () => 'go on';
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
  });

  it('is ended by a person at once, and promotes nothing', async () => {
    const d = new Drive();
    await start(d);
    await d.until(() => d.view.phase === 'injecting');
    await expect(d.runner.promote('reviews-v2', 'ada', 'why not')).rejects.toThrow('it promotes nothing');
    await d.runner.abort('reviews-v2', 'ada', 'enough');
    expect(d.world.overlays.size).toBe(0);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: 'ada' });
  });
});

describe('what a Chaos experiment may touch', () => {
  it.each([
    [{ faults: [abort(60)] }, 'maxShare'],
    [{ faults: [abort(5), abort(5)] }, 'the same name'],
    [{ faults: [abort(5, { for: '1s', ramp: '2s' })] }, 'the ramp is longer'],
    [{ faults: [abort(5, { for: '10m' })] }, 'before the faults are over'],
    [{ faults: [abort(5, { fault: { service: 'nobody', percent: 5, hang: true } })] }, 'there is no Service'],
  ])('is refused: %j', async (spec, why) => {
    await expect(start(new Drive(), spec).then(String)).rejects.toThrow(why);
  });

  it('is refused while another experiment has the service of one of its faults', async () => {
    const d = new Drive();
    await d.start();
    const { document, source } = declare('Chaos');
    const renamed = { ...source, metadata: { name: 'other' } };
    await expect(d.runner.run('exp_2', { ...document, metadata: { name: 'other' } }, renamed)).rejects.toThrow(
      'EXPERIMENT_OVERLAP',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { ExperimentView } from '../contracts/experiment.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { Drive, ID, traffic } from './testing/drive.ts';
import type { Behaviour } from './testing/drive.ts';

function drive(of: Partial<Record<'v1' | 'v2', Partial<Behaviour>>> = {}, previewRps = 20): Drive {
  return new Drive({ ...traffic(of), previewRps });
}
const start = (d: Drive, spec: Record<string, unknown> = {}): Promise<unknown> => d.start(spec, 'BlueGreen');
const fails = (d: Drive): unknown => Object.assign(d.traffic.of, traffic({ v2: { errorRate: 0.5 } }).of);

describe('the life of a blue-green release', () => {
  it('previews, switches at once, keeps the old version warm, promotes and watches', async () => {
    const d = drive();
    await start(d);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ kind: 'BlueGreen', phase: 'promoted', verdict: 'PASS', intendedPpm: 1_000_000 });
    expect(d.world.moves).toEqual(['v1 -> v2']);
    expect(d.world.overlays.size).toBe(0);
    const told = d.types().filter((type) => type !== 'done');
    expect(told).toEqual(['declared', 'measuring', 'step', 'switch', 'promote', 'watching', 'watch-over', 'promoted']);
    for (const type of told) expect(JOURNAL_TYPES).toHaveProperty(type);
    expect(() => ExperimentView.parse(d.view)).not.toThrow();
  });

  it('sends no ordinary request to the candidate before the switch, and all of them after it', async () => {
    const d = drive({}, 0);
    await start(d);
    await d.until(() => d.view.phase === 'previewing');
    expect(d.world.overlays.get(ID)).toMatchObject({ candidatePpm: 0, preview: { headers: { 'x-preview': {} } } });
    await d.run(3_000);
    expect(d.served['v2']).toBeUndefined();
    expect(d.view.reason).toMatch(/^no traffic/);
    d.traffic.previewRps = 20;
    await d.until(() => d.view.phase === 'switched');
    expect(d.world.overlays.get(ID)?.candidatePpm).toBe(1_000_000);
    expect(d.world.overlays.get(ID)?.preview).toBeUndefined();
    expect(d.view).toMatchObject({ stepIndex: 1, intendedPpm: 1_000_000, verdict: 'PENDING' });
    const before = d.served['v1'];
    await d.run(3_000);
    expect(d.served['v1']).toBe(before);
    expect(gateStatus(d.view)).toMatchObject({ status: 'RUNNING', ok: false });
  });

  it('never switches to a candidate that fails its preview', async () => {
    const d = drive({ v2: { errorRate: 0.6 } });
    await start(d);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', stepIndex: 0 });
    expect(d.view.reason).toMatch(/^rolled back: success-rate: \d+ of \d+ requests failed, more than 5 % may$/);
    expect(d.types()).not.toContain('switch');
  });

  it('switches back within a second of the first failures, and stable never moved', async () => {
    const d = drive();
    await start(d, { warm: '2m' });
    await d.until(() => d.view.phase === 'switched');
    await d.run(60_000);
    fails(d);
    expect(await d.until(() => d.world.overlays.size === 0)).toBeLessThanOrEqual(1_000);
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(d.world.moves).toEqual([]);
  });

  it('goes back for latency too, where a guardrail names it', async () => {
    const d = drive();
    await start(d, { warm: '2m', guardrails: [{ name: 'latency', quantile: 0.9, max: '100ms' }] });
    await d.until(() => d.view.phase === 'switched');
    Object.assign(d.traffic.of, traffic({ v2: { latencyMs: 300 } }).of);
    await d.until(() => d.ended, 10_000);
    expect(d.view.reason).toMatch(/latency p90: \d+ of \d+ requests took longer than 100ms, more than 10 % may$/);
  });

  it('compares a share of the ordinary requests, where the document gives one', async () => {
    const spec = { preview: undefined, verify: { share: 20, min: '2s', max: '60s' } };
    const good = drive();
    await start(good, spec);
    await good.until(() => good.view.phase === 'switched');
    expect(good.view.judgement.verdict).toBe('PASS');
    const bad = drive({ v2: { errorRate: 0.04 } });
    await start(bad, { ...spec, verify: { share: 20, min: '60s', max: '60s' } });
    await bad.until(() => bad.ended);
    expect(bad.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', stepIndex: 0 });
    expect(bad.view.reason).toMatch(/candidate requests failed against/);
  });

  it('is INCONCLUSIVE when it was not verified in time, and a person may still decide', async () => {
    const d = drive({}, 0);
    await start(d, { onInconclusive: 'hold', verify: { min: '2s', max: '5s' } });
    await d.until(() => d.view.phase === 'held');
    expect(d.view.reason).toMatch(/not verified after 5s: 0 of 0 preview requests failed$/);
    await d.runner.promote('reviews-v2', 'ada', 'I looked at it');
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'promoted', verdict: 'INCONCLUSIVE' });
  });

  it('is switched back by a person at any time while the old version is warm', async () => {
    const d = drive();
    await start(d, { warm: '2m' });
    await d.until(() => d.view.phase === 'switched');
    await d.runner.abort('reviews-v2', 'ada', 'no');
    expect(d.world.overlays.size).toBe(0);
    expect(d.view).toMatchObject({ phase: 'rolled-back', haltedBy: 'ada' });
  });
});

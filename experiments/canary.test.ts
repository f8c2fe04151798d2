import { describe, expect, it } from 'vitest';
import { ExperimentView, JournalEntry } from '../contracts/experiment.ts';
import { canary as canaryStory } from './canary.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { advance } from './life.ts';
import { INITIAL } from './state.ts';
import { Drive, ID, canary, traffic } from './testing/drive.ts';

const bad = { v2: { errorRate: 0.05 } };

describe('the life of a canary', () => {
  it('promotes a good candidate: measured, stepped, moved, watched', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS', haltedBy: null, intendedPpm: 1_000_000 });
    expect(drive.world.stable).toBe('v2');
    expect(drive.world.moves).toEqual(['v1 -> v2']);
    expect(drive.world.overlays.size).toBe(0);
    const told = drive.types().filter((type) => type !== 'done');
    expect(told).toEqual(['declared', 'measuring', 'step', 'step', 'promote', 'watching', 'watch-over', 'promoted']);
    expect(drive.view.reason).toMatch(/^promoted: success-rate: .*; in the watch, \d+ of \d+ requests failed$/);
  });

  it('rolls back a candidate with 5 % errors at its first step, and hardly anyone met it', async () => {
    const drive = new Drive(traffic(bad));
    await drive.start({ hold: { min: '20s', max: '60s' } });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', stepIndex: 0 });
    expect(drive.world.overlays.size).toBe(0);
    expect(drive.world.moves).toEqual([]);
    expect(drive.view.totals.candidateRequests).toBeLessThan(400);
    expect(drive.view.reason).toMatch(
      /^rolled back: [\d.]+ % of [\d,]+ candidate requests failed against [\d.]+ % of [\d,]+; e-value \S+ reached 100$/,
    );
  });

  it('fails at a late step too', async () => {
    const drive = new Drive();
    await drive.start({ hold: { min: '2s', max: '60s' }, steps: [{ weight: 10 }, { weight: 50, hold: '30s' }] });
    await drive.until(() => drive.view.stepIndex === 1);
    Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.3 } }).of);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL', stepIndex: 1 });
  });

  it('takes a slower candidate for a failure', async () => {
    const drive = new Drive(traffic({ v2: { latencyMs: 40 } }));
    await drive.start({ analysis: { metrics: [{ name: 'latency', quantile: 0.95, tolerance: '20%' }] } });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(drive.view.reason).toContain('latency p95');
  });

  it('does not judge the latency of a step that warms up', async () => {
    const drive = new Drive(traffic({ v2: { latencyMs: 400 } }));
    await drive.start({
      steps: [{ weight: 10, hold: '20s' }],
      analysis: { warmup: '8s', metrics: [{ name: 'latency', quantile: 0.95, tolerance: '20%' }] },
    });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.run(7_500);
    expect(drive.view).toMatchObject({ phase: 'stepping', verdict: 'PENDING' });
    expect(drive.view.judgement.metrics[0]?.candidate.requests).toBe(0);
    expect(await drive.until(() => drive.ended)).toBeLessThan(10_000);
    expect(drive.view.verdict).toBe('FAIL');
  });

  it('sends nothing to the candidate while the baseline is measured', async () => {
    const drive = new Drive();
    await drive.start({ measure: '10s' });
    await drive.run(9_000);
    expect(drive.view).toMatchObject({ phase: 'measuring', intendedPpm: 0, measuredPpm: 0 });
    expect(drive.served['v2']).toBeUndefined();
    expect(drive.view.reason).toMatch(/^measuring v1: [\d,]+ requests so far$/);
  });

  it('shows the share that the proxies measured', async () => {
    const drive = new Drive(traffic({}, 2_000));
    await drive.start({ steps: [{ weight: 20, hold: '20s' }] });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.run(6_000);
    expect(drive.view.intendedPpm).toBe(200_000);
    expect(drive.view.measuredPpm).toBeGreaterThan(180_000);
    expect(drive.view.measuredPpm).toBeLessThan(220_000);
  });
});

describe('no traffic and no data', () => {
  it('goes on measuring while there is no traffic, says so, and is INCONCLUSIVE at the deadline', async () => {
    const drive = new Drive(traffic({}, 0));
    await drive.start({ deadline: '30s' });
    await drive.run(20_000);
    expect(drive.view).toMatchObject({ phase: 'measuring', verdict: 'PENDING' });
    expect(drive.view.reason).toMatch(/^no traffic: proxies report/);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: null });
    expect(drive.types().filter((t) => t === 'no-traffic')).toHaveLength(1);
  });

  it('takes up traffic that comes late as if nothing had been', async () => {
    const drive = new Drive(traffic({}, 0));
    await drive.start();
    await drive.run(20_000);
    drive.traffic.rps = 200;
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
  });

  it('does not leave a step that no request reached', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    drive.traffic.rps = 0;
    await drive.run(1_000);
    const { candidateRequests } = drive.view.totals;
    await drive.run(20_000);
    expect(drive.view.totals.candidateRequests).toBe(candidateRequests);
    expect(drive.view.stepIndex).toBeLessThanOrEqual(1);
    expect(drive.view.verdict).toBe('PENDING');
  });

  it('lets the clock of a step stand still without reports, and goes on when they are back', async () => {
    const drive = new Drive();
    await drive.start({ hold: { min: '10s', max: '60s' }, lease: '10s' });
    await drive.until(() => drive.view.phase === 'stepping');
    drive.traffic.reports = false;
    await drive.run(25_000);
    expect(drive.view).toMatchObject({ phase: 'stepping', stepIndex: 0, verdict: 'PENDING' });
    expect(drive.view.reason).toMatch(/^no data: no proxy has reported for 2\d(\.\d)?s/);
    drive.traffic.reports = true;
    await drive.until(() => drive.ended);
    expect(drive.view.verdict).toBe('PASS');
    expect(drive.types()).toContain('no-data');
  });

  it.each(['rollback', 'promote', 'hold'])(
    'rolls back after three leases without data, also under %s',
    async (policy) => {
      const drive = new Drive();
      await drive.start({ onInconclusive: policy });
      await drive.until(() => drive.view.phase === 'stepping');
      drive.traffic.reports = false;
      const tookMs = await drive.until(() => drive.ended);
      expect(tookMs).toBeLessThan(10_000);
      expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: null });
      expect(drive.view.reason).toContain('no data');
    },
  );
});

describe('INCONCLUSIVE', () => {
  const tooLittle = { hold: { min: '2s', max: '5s' } };

  it('rolls back when the evidence did not come in time', async () => {
    const drive = new Drive(traffic({}, 20));
    await drive.start(tooLittle);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(drive.view.reason).toMatch(/^rolled back: no verdict after 5s at the last step: .*candidate requests/);
  });

  it('promotes when the document says so', async () => {
    const drive = new Drive(traffic({}, 20));
    await drive.start({ ...tooLittle, onInconclusive: 'promote' });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'INCONCLUSIVE' });
    expect(drive.world.stable).toBe('v2');
    expect(gateStatus(drive.view)).toMatchObject({ status: 'INCONCLUSIVE', ok: false });
  });

  it('holds for a person, who promotes', async () => {
    const drive = new Drive(traffic({}, 20));
    await drive.start({ ...tooLittle, onInconclusive: 'hold' });
    await drive.until(() => drive.view.phase === 'held');
    expect(drive.view).toMatchObject({ verdict: 'INCONCLUSIVE', intendedPpm: 500_000 });
    expect(gateStatus(drive.view)).toMatchObject({ status: 'PAUSED', verdict: 'PENDING', terminal: false });
    await drive.runner.promote('reviews-v2', 'ada', 'looks fine');
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', haltedBy: null });
    expect(drive.view.verdict).not.toBe('PENDING');
    expect(drive.view.reason).toMatch(/^promoted by ada: looks fine/);
  });

  it('rolls back at the deadline when nobody decided', async () => {
    const drive = new Drive(traffic({}, 20));
    await drive.start({ ...tooLittle, onInconclusive: 'hold', deadline: '20s', steps: [{ weight: 1 }] });
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: null });
  });

  it('fails out of held when the evidence comes after all', async () => {
    const drive = new Drive(traffic({ v2: { errorRate: 0.05 } }, 20));
    await drive.start({ ...tooLittle, onInconclusive: 'hold' });
    await drive.until(() => drive.view.phase === 'held');
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
  });
});

describe('a person', () => {
  it.each(['measuring', 'stepping', 'promoting', 'watching'] as const)('aborts while it is %s', async (phase) => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === phase);
    const view = await drive.runner.abort('reviews-v2', 'ada', 'a hunch');
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: 'ada' });
    expect(gateStatus(view)).toMatchObject({ status: 'ABORTED', terminal: true, ok: false, progress: 100 });
    expect(drive.world.stable).toBe('v1');
    expect(drive.world.overlays.size).toBe(0);
  });

  it('promotes early: INCONCLUSIVE while the evidence is missing', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.runner.promote('reviews-v2', 'ada', 'in a hurry');
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'INCONCLUSIVE' });
  });

  it('halts everything', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.run(3_000);
    expect(await drive.runner.halt('ada', 'fire')).toEqual(['reviews-v2']);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', haltedBy: 'ada' });
    expect(await drive.runner.halt('ada', 'fire')).toEqual([]);
  });

  it('halts a run that is just being started', async () => {
    const drive = new Drive();
    const started = drive.start();
    await drive.runner.halt('ada', 'fire');
    await started;
    await drive.run(500);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', haltedBy: 'ada' });
    expect(drive.types()[0]).toBe('declared');
  });
});

describe('the promotion', () => {
  it('never takes the share away from the candidate on the way', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'promoting');
    const { overlays } = drive.world;
    // The step's overlay stands until the new stable version has had time to reach every proxy.
    expect(overlays.get(ID)).toMatchObject({ candidatePpm: 500_000, baseline: 'v1' });
    expect(drive.world.stable).toBe('v2');
    await drive.until(() => drive.view.phase === 'watching');
    expect(overlays.get(ID)).toMatchObject({ candidatePpm: 0, baseline: 'v2', candidate: 'v1' });
    expect(drive.world.overlayLog).not.toContain('drop');
  });

  it('is not made any more once it is aborted', () => {
    const story = canaryStory({ id: ID, ...canary() });
    const started = advance(story, INITIAL, { type: 'started' }).state;
    const promoting = advance(story, started, { type: 'promote', by: 'ada', reason: 'now' }).state;
    expect(promoting.outbox.map((p) => p.effect)).toEqual([{ type: 'move-stable', from: 'v1', to: 'v2' }]);
    const aborted = advance(story, promoting, { type: 'abort', by: 'ada', reason: 'no' }).state;
    // The move may be under way: that it is moved back stands, that it is made does not.
    expect(aborted.outbox.map((p) => p.effect)).toEqual([
      { type: 'move-stable', from: 'v2', to: 'v1' },
      { type: 'drop-overlay' },
      { type: 'confirm' },
    ]);
  });

  it('is taken back when the watch sees too many errors', async () => {
    const drive = new Drive();
    await drive.start({ watch: { for: '20s', maxErrors: 5 } });
    await drive.until(() => drive.view.phase === 'watching');
    expect(gateStatus(drive.view)).toMatchObject({ status: 'RUNNING', verdict: 'PENDING', ok: false });
    Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.2 } }).of);
    await drive.until(() => drive.ended);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(drive.view.reason).toMatch(/^moved back: \d+ of \d+ requests failed after the promotion, more than 5 %$/);
    expect(drive.world.moves).toEqual(['v1 -> v2', 'v2 -> v1']);
    expect(drive.world.overlays.size).toBe(0);
  });

  it('ends rolled back, with the reason, when a person has moved the stable version meanwhile', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.view.phase === 'stepping');
    drive.world.versions = ['v1', 'v2', 'v3'];
    drive.world.stable = 'v3';
    await drive.runner.promote('reviews-v2', 'ada', 'now');
    await drive.run(500);
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: null });
    expect(drive.view.reason).toBe('rolled back: stable is v3');
    expect(drive.world.stable).toBe('v3');
    expect(drive.types()).toContain('refused');
  });

  it('ends although nothing can be seen any more in the watch', async () => {
    const drive = new Drive();
    await drive.start({ watch: { for: '30s' } });
    await drive.until(() => drive.view.phase === 'watching');
    drive.traffic.reports = false;
    await drive.until(() => drive.ended, 30_000);
    expect(drive.view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(drive.view.reason).toContain('without data');
  });

  it('is not watched when the document says so', async () => {
    const drive = new Drive();
    await drive.start({ watch: { for: '0s' } });
    await drive.until(() => drive.ended);
    expect(drive.view.phase).toBe('promoted');
    expect(drive.types()).not.toContain('watching');
    expect(drive.world.overlays.size).toBe(0);
  });
});

describe('what it says', () => {
  it('fits the contracts, at every moment', async () => {
    const drive = new Drive();
    await drive.start();
    await drive.until(() => drive.ended);
    for (const view of drive.world.views) {
      expect(ExperimentView.parse(view)).toEqual(view);
      expect(gateStatus(view).progress).toBeGreaterThanOrEqual(0);
    }
    for (const entry of drive.world.entries(ID)) {
      expect(JournalEntry.parse(entry)).toEqual(entry);
      expect(Object.keys(JOURNAL_TYPES)).toContain(entry.type);
    }
    expect(drive.world.told.every((entry) => !('state' in entry.data))).toBe(true);
  });

  it('refuses what cannot be', async () => {
    const drive = new Drive();
    const { document, source } = canary();
    drive.world.versions = ['v1', 'v3'];
    await expect(drive.start()).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    drive.world.versions = ['v1', 'v2'];
    drive.world.stable = 'v2';
    await expect(drive.start()).rejects.toMatchObject({ code: 'BASELINE_NOT_STABLE' });
    drive.world.stable = 'v1';
    await expect(drive.start({ service: 'ratings' })).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    await drive.start();
    await expect(drive.start()).rejects.toMatchObject({ code: 'EXPERIMENT_RUNNING' });
    const other = { ...document, metadata: { name: 'other' } };
    await expect(drive.runner.run('exp_2', other, source)).rejects.toMatchObject({ code: 'EXPERIMENT_OVERLAP' });
    await expect(drive.runner.abort('other', 'a', 'b')).rejects.toMatchObject({ code: 'EXPERIMENT_NOT_FOUND' });
    await drive.runner.abort('reviews-v2', 'a', 'b');
    await expect(drive.runner.abort('reviews-v2', 'a', 'b')).rejects.toMatchObject({ code: 'EXPERIMENT_ENDED' });
    await drive.runner.run('exp_2', other, source);
    expect(drive.runner.views().map((v) => v.name)).toEqual(['other', 'reviews-v2']);
  });
});

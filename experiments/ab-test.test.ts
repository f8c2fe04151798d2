import { describe, expect, it } from 'vitest';
import { ExperimentView } from '../contracts/experiment.ts';
import { gateStatus } from './gate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { declare, Drive, ID, traffic } from './testing/drive.ts';
import type { Behaviour } from './testing/drive.ts';

const REACHED = { v1: { goalRate: 0.2 }, v2: { goalRate: 0.3 } };

function drive(of: Partial<Record<'v1' | 'v2', Partial<Behaviour>>> = REACHED, rps = 1_000): Drive {
  return new Drive(traffic(of, rps));
}

const start = (d: Drive, spec: Record<string, unknown> = {}): Promise<unknown> => d.start(spec, 'ABTest');

async function played(d: Drive, spec: Record<string, unknown> = {}): Promise<ExperimentView> {
  await start(d, spec);
  await d.until(() => d.ended);
  return d.view;
}

describe('the life of an A/B test', () => {
  it('divides users, finds the arm that is surely better, says so, and promotes nothing by itself', async () => {
    const d = drive();
    const view = await played(d);
    expect(view).toMatchObject({ kind: 'ABTest', phase: 'rolled-back', verdict: 'PASS', intendedPpm: 0 });
    expect(view.reason).toMatch(/^v2 won: v2 against v1: signup \+[\d.]+ % \(between \+.* and \+.*\), surely better$/);
    expect(view.judgement.arms).toMatchObject({ winner: 'v2', alphaEach: 0.05, arms: [{ version: 'v1' }, {}] });
    expect(d.world.moves).toEqual([]);
    expect(d.world.overlays.size).toBe(0);
    const told = d.types().filter((type) => type !== 'done');
    expect(told).toEqual(['declared', 'measuring', 'step', 'verdict', 'rolled-back']);
    for (const type of told) expect(JOURNAL_TYPES).toHaveProperty(type);
    expect(() => ExperimentView.parse(view)).not.toThrow();
    expect(gateStatus(view)).toMatchObject({ status: 'PASSED', ok: true });
  });

  it('counts each user once, and knows about how many there are', async () => {
    const d = drive();
    const view = await played(d);
    const [first, second] = view.judgement.arms?.arms ?? [];
    for (const arm of [first, second])
      expect(Math.abs((arm?.users ?? 0) / (arm?.requests ?? 1) - 1)).toBeLessThan(0.02);
    expect(view.judgement.arms?.sampleRatio.eValue).toBeLessThan(10);
    expect((first?.requests ?? 0) + (second?.requests ?? 0)).toBe(
      view.totals.baselineRequests + view.totals.candidateRequests,
    );
  });

  it('asks the proxies to divide users by their key, the same way whenever it is run', async () => {
    const d = drive();
    await start(d, {
      arms: [{ version: 'v1', weight: 3 }, { version: 'v2' }],
      share: 40,
      key: { cookie: 'u', give: '1d' },
    });
    await d.until(() => d.view.phase === 'testing');
    const overlay = d.world.overlays.get(ID);
    expect(overlay).toMatchObject({
      sticky: { cookie: 'u' },
      candidatePpm: 0,
      split: {
        arms: [
          { version: 'v1', weight: 3 },
          { version: 'v2', weight: 1 },
        ],
        sharePpm: 400_000,
        giveCookieS: 86_400,
        goals: { header: 'x-goal', names: ['signup'] },
      },
    });
    expect(d.view.intendedPpm).toBe(100_000);
    const again = drive();
    const { document, source } = declare('ABTest');
    await again.runner.run('exp_other', document, source);
    await again.runner.settled();
    expect(again.world.overlays.get('exp_other')?.seed).toBe(overlay?.seed);
  });

  it('promotes the winner, and watches it, where the document asks for it', async () => {
    const d = drive();
    const view = await played(d, { promote: 'winner' });
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(d.world.moves).toEqual(['v1 -> v2']);
    expect(d.types()).toContain('watching');
  });

  it('promotes the winner of several arms, whichever it is', async () => {
    const d = new Drive({ ...traffic({}, 1_500), of: arms({ v1: 0.2, v2: 0.2, v3: 0.32 }) });
    d.world.versions = ['v1', 'v2', 'v3'];
    const view = await played(d, { arms: versions('v1', 'v2', 'v3'), promote: 'winner' });
    expect(view).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
    expect(view.judgement.arms).toMatchObject({ winner: 'v3', alphaEach: 0.025 });
    expect(d.world.moves).toEqual(['v1 -> v3']);
  });

  it('declares no winner before its time, however clear it is', async () => {
    const d = drive({ v1: { goalRate: 0.1 }, v2: { goalRate: 0.5 } });
    await start(d, { run: { min: '30s', max: '60s' } });
    await d.run(25_000);
    expect(d.view).toMatchObject({ phase: 'testing', verdict: 'PENDING' });
    expect(d.view.reason).toMatch(/surely better$/);
    await d.until(() => d.ended);
    expect(d.view.verdict).toBe('PASS');
  });

  it('is a FAIL when every other arm is surely worse', async () => {
    const view = await played(drive({ v1: { goalRate: 0.3 }, v2: { goalRate: 0.2 } }));
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(view.judgement.arms?.winner).toBe('v1');
    const lower = await played(drive(), { goals: [{ name: 'signup', better: 'lower' }] });
    expect(lower.verdict).toBe('FAIL');
  });

  it('is INCONCLUSIVE when nothing was decided in time, and a person may decide', async () => {
    const same = { v1: { goalRate: 0.2 }, v2: { goalRate: 0.2 } };
    const view = await played(drive(same), { run: { min: '2s', max: '10s' } });
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(view.reason).toMatch(/no winner after 10s: v2 against v1: signup .*, not decided$/);
    const d = drive(same);
    await start(d, { run: { min: '2s', max: '10s' }, onInconclusive: 'hold' });
    await d.until(() => d.view.phase === 'held');
    const before = d.view.judgement.arms?.arms[0]?.requests ?? 0;
    await d.run(2_000);
    expect(d.view.judgement.arms?.arms[0]?.requests).toBeGreaterThan(before);
    await d.runner.promote('reviews-v2', 'ada', 'I like it');
    await d.until(() => d.ended);
    expect(d.view).toMatchObject({ phase: 'promoted', verdict: 'INCONCLUSIVE' });
    expect(d.world.moves).toEqual(['v1 -> v2']);
  });
});

describe('the users of an A/B test', () => {
  it('that are not divided as the weights say end it: nothing can be believed', async () => {
    const view = await played(drive({ v1: { goalRate: 0.2 }, v2: { goalRate: 0.3, lostUsers: 0.15 } }), {
      run: { min: '30s', max: '60s' },
    });
    expect(view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(view.reason).toMatch(
      /the users are not divided as the weights say: v1 has 5\d.* % of .* users in place of 50 %, .*e-value .* reached 1,000$/,
    );
    expect(view.judgement.arms?.winner).toBeNull();
  });

  it('that never come are no traffic, and no failure', async () => {
    const d = drive({}, 0);
    await start(d);
    await d.run(8_000);
    expect(d.view.reason).toMatch(/^no traffic/);
    expect(d.view.verdict).toBe('PENDING');
  });
});

describe('a goal that others report', () => {
  it('counts for the arm of its key, if a request with that key was seen', async () => {
    const d = drive({}, 200);
    await start(d, { goals: [{ name: 'signup' }, { name: 'returned', better: 'lower' }] });
    await d.run(6_000);
    const tell = (key: string, goal = 'returned') => d.runner.reportGoal('reviews-v2', { key, goal, value: 2 });
    const told = Array.from({ length: 50 }, (_, i) => tell(`user-${i}`));
    expect(new Set(told.map((t) => t.version))).toEqual(new Set(['v1', 'v2']));
    expect(told.every((t) => t.counted && t.why === null)).toBe(true);
    for (const arm of d.view.judgement.arms?.arms ?? []) {
      const reported = told.filter((t) => t.version === arm.version).length;
      expect(arm.goals[1]).toMatchObject({ name: 'returned', count: reported, sum: 2 * reported });
    }
    expect(tell('user-unseen')).toMatchObject({ counted: false, why: 'no request with this key was seen in the test' });
    expect(() => tell('user-1', 'other')).toThrow(/has no goal "other"; it has signup, returned/);
  });

  it('outlives the control plane', async () => {
    const d = drive({}, 200);
    await start(d, { run: { min: '60s', max: '60s' } });
    await d.run(3_000);
    d.runner.reportGoal('reviews-v2', { key: 'user-7', goal: 'signup', value: 1 });
    await d.run(3_000);
    await d.restart(500);
    await d.run(1_000);
    expect((d.view.judgement.arms?.arms ?? []).map((arm) => arm.goals[0]?.count ?? 0).sort()).toEqual([0, 1]);
  });

  it('is refused by experiments that have none', async () => {
    const d = new Drive();
    await d.start();
    const report = { key: 'u', goal: 'signup', value: 1 };
    expect(() => d.runner.reportGoal('reviews-v2', report)).toThrow(/is a Canary: it has no goals/);
  });
});

describe('the guardrails of an A/B test', () => {
  it('end it at once when any arm crosses one, the first as well', async () => {
    for (const bad of ['v1', 'v2'] as const) {
      const d = drive(REACHED);
      await start(d, { run: { min: '60s', max: '2m' } });
      await d.run(40_000);
      Object.assign(d.traffic.of, traffic({ ...REACHED, [bad]: { errorRate: 0.5 } }).of);
      expect(await d.until(() => d.world.overlays.size === 0)).toBeLessThanOrEqual(1_000);
      await d.until(() => d.ended);
      expect(d.view).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
      expect(d.view.reason).toMatch(
        new RegExp(`^rolled back: ${bad}: success-rate: .* requests failed, more than 5 %`),
      );
    }
  });
});

function arms(rates: Readonly<Record<string, number>>): Record<string, Behaviour> {
  return Object.fromEntries(
    Object.entries(rates).map(([version, goalRate]) => [version, { errorRate: 0, latencyMs: 20, goalRate }]),
  );
}

function versions(...names: readonly string[]): { version: string }[] {
  return names.map((version) => ({ version }));
}

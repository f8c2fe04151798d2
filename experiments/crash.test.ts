/** The control plane is killed at every instant that matters: before and after everything that it asks of the world. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExperimentKind } from '../contracts/document.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import { createRunner } from './runner.ts';
import { Drive, ID, TICK_MS, traffic } from './testing/drive.ts';
import type { Traffic } from './testing/drive.ts';

const common = { measure: '400ms', lease: '2s', watch: { for: '1s', maxErrors: 5 } };
const HYPOTHESIS = { metrics: [{ name: 'success-rate', min: 80 }], requests: 20 };
const fault = (name: string, at: string): unknown => ({
  name,
  at,
  for: '1s',
  fault: { service: 'reviews', percent: 5, abort: { status: 503 } },
});
/** What makes each kind quick. */
const quick: Readonly<Record<ExperimentKind, Record<string, unknown>>> = {
  Canary: { ...common, hold: { min: '600ms', max: '20s' }, steps: [{ weight: 20 }, { weight: 50 }] },
  BlueGreen: { ...common, verify: { requests: 20, min: '600ms', max: '2s' }, warm: '1s' },
  ABTest: { lease: '2s', watch: { for: '1s', maxErrors: 5 }, run: { min: '600ms', max: '2s' } },
  Chaos: {
    before: '600ms',
    recovery: '600ms',
    lease: '2s',
    steadyState: HYPOTHESIS,
    faults: [fault('aborts', '0s'), fault('more', '1s')],
  },
  Shadow: { lease: '2s', run: { min: '600ms', max: '4s' }, analysis: { learn: 50 } },
};

type Story = {
  readonly kind: ExperimentKind;
  readonly load: () => Traffic;
  readonly spec?: Record<string, unknown>;
  /** Told once a tick. */
  readonly plot?: (drive: Drive) => void;
  readonly end: Partial<ExperimentView>;
};

const PASSED = { phase: 'promoted', verdict: 'PASS' } as const;
/** Of an experiment that was to release nothing. */
const ENDED_WELL = { phase: 'rolled-back', verdict: 'PASS' } as const;
const FAILED = { phase: 'rolled-back', verdict: 'FAIL' } as const;
/** An experiment that never releases anything. */
const HELD = { phase: 'rolled-back', verdict: 'PASS' } as const;
const OPEN = { phase: 'rolled-back', verdict: 'INCONCLUSIVE' } as const;

const healthy = (rps = 500): Traffic => ({
  ...traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0 } }, rps),
  previewRps: 50,
});
const badWhenStable = (drive: Drive): void => {
  if (drive.world.stable === 'v2') Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.5 } }).of);
};
const badWhenSwitched = (drive: Drive): void => {
  if ((drive.world.overlays.get(ID)?.candidatePpm ?? 0) === 1_000_000)
    Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.5 } }).of);
};

const reaching = (v1: number, v2: number) => (): Traffic => ({
  ...traffic({ v1: { errorRate: 0, goalRate: v1 }, v2: { errorRate: 0, goalRate: v2 } }, 2_000),
});
const STORIES: Readonly<Record<string, Story>> = {
  'a good canary': { kind: 'Canary', load: healthy, end: PASSED },
  'a bad canary': { kind: 'Canary', load: () => traffic({ v2: { errorRate: 0.3 } }, 500), end: FAILED },
  'a canary that is bad after the promotion': {
    kind: 'Canary',
    load: healthy,
    spec: { watch: { for: '30s', maxErrors: 5 } },
    plot: badWhenStable,
    end: FAILED,
  },
  'an undecided canary': {
    kind: 'Canary',
    load: () => healthy(20),
    spec: { hold: { min: '600ms', max: '1s' } },
    end: OPEN,
  },
  'a good blue-green release': { kind: 'BlueGreen', load: healthy, end: PASSED },
  'a blue-green release that is bad after the switch': {
    kind: 'BlueGreen',
    load: healthy,
    plot: badWhenSwitched,
    end: FAILED,
  },
  'a blue-green release that nobody previews': {
    kind: 'BlueGreen',
    load: () => ({ ...healthy(), previewRps: 0 }),
    end: OPEN,
  },
  'an A/B test with a winner': { kind: 'ABTest', load: reaching(0.2, 0.5), end: ENDED_WELL },
  'an A/B test whose winner is promoted': {
    kind: 'ABTest',
    load: reaching(0.2, 0.5),
    spec: { promote: 'winner' },
    end: PASSED,
  },
  'a shadow that answers the same': { kind: 'Shadow', load: () => healthy(1_000), end: ENDED_WELL },
  'a shadow that answers otherwise': {
    kind: 'Shadow',
    load: () => traffic({ v2: { wrongPrices: 0.3 } }, 500),
    end: FAILED,
  },
  'a shadow with too few requests': { kind: 'Shadow', load: () => healthy(10), end: OPEN },
  'an A/B test that nobody wins': { kind: 'ABTest', load: reaching(0.3, 0.3), end: OPEN },
  'faults that the service bears': { kind: 'Chaos', load: healthy, end: HELD },
  'faults that it does not bear': {
    kind: 'Chaos',
    load: healthy,
    spec: { steadyState: { ...HYPOTHESIS, metrics: [{ name: 'success-rate', min: 99 }] } },
    end: FAILED,
  },
  'faults that cross a guardrail': {
    kind: 'Chaos',
    load: healthy,
    spec: { guardrails: [{ name: 'success-rate', min: 99 }] },
    end: FAILED,
  },
  'faults that touch no request': { kind: 'Chaos', load: () => ({ ...healthy(), faultsMeet: false }), end: OPEN },
};

type Crash = { readonly call: number; readonly when: 'before' | 'after'; readonly awayMs: number };

/** Plays a story to its end through all crashes. @returns undefined when it was killed before it was declared */
async function play(story: Story, crashes: readonly Crash[], seed = 1): Promise<Drive | undefined> {
  const drive = new Drive(story.load(), seed);
  let away = 0;
  drive.world.fate = (_call, when, count) => {
    const crash = crashes.find((c) => c.call === count && c.when === when);
    away = crash?.awayMs ?? away;
    return crash ? 'die' : 'go on';
  };
  const started = drive.start({ ...quick[story.kind], ...story.spec }, story.kind).catch(() => undefined);
  await Promise.race([started, new Promise((resolve) => setImmediate(resolve))]);
  for (let ticks = 0; ticks < 3_000; ticks++) {
    while (!drive.process.alive) await drive.restart(away);
    if (drive.world.journals.size === 0) return undefined;
    if (drive.runner.view('reviews-v2')?.endedAt && !pendingWork(drive)) return drive;
    story.plot?.(drive);
    await drive.tick();
  }
  throw new Error(`it did not end within ${(3_000 * TICK_MS) / 1_000} s: ${JSON.stringify(drive.types())}`);
}

/** The end is an entry of the journal, not only of the memory. */
function pendingWork(drive: Drive): boolean {
  return !['promoted', 'rolled-back'].includes(drive.world.entries(ID).at(-1)?.type ?? '');
}

function checkSane(drive: Drive): void {
  const { world, view } = drive;
  expect(['promoted', 'rolled-back']).toContain(view.phase);
  expect(view.verdict).not.toBe('PENDING');
  expect(world.overlays.size).toBe(0);
  expect(world.stable).toBe(view.phase === 'promoted' ? 'v2' : 'v1');
  expect(world.moves.filter((m) => m === 'v1 -> v2').length).toBeLessThanOrEqual(1);
  expect(world.moves.filter((m) => m === 'v2 -> v1').length).toBeLessThanOrEqual(1);
  const entries = world.entries(ID);
  expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i));
  for (const once of ['declared', 'promote', 'promoted', 'rolled-back', 'moved-back'])
    expect(entries.filter((e) => e.type === once).length, once).toBeLessThanOrEqual(1);
  if (view.kind === 'Chaos') expect(world.confirmed.at(-1), 'the end is confirmed').toBe('drop');
  const epochs = world.overlayLog.filter((e) => e !== 'drop');
  expect(
    [...epochs].sort((a, b) => a - b),
    'an epoch never goes back',
  ).toEqual(epochs);
}

describe('a control plane that is killed', () => {
  it.each(Object.entries(STORIES))('reaches the same end at every instant: %s', async (_name, story) => {
    const whole = await play(story, []);
    const calls = whole?.world.calls ?? 0;
    expect(whole?.view).toMatchObject(story.end);
    expect(calls).toBeGreaterThan(5);
    for (let call = 0; call < calls; call++) {
      for (const when of ['before', 'after'] as const) {
        const drive = await play(story, [{ call, when, awayMs: 300 }]);
        if (!drive) {
          expect({ call, when }).toEqual({ call: 0, when: 'before' });
          continue;
        }
        checkSane(drive);
        expect(drive.view, `killed ${when} call ${call}`).toMatchObject(story.end);
      }
    }
  });

  it('ends sanely however often it is killed, however long it is away, whatever people do', async () => {
    const crash = fc.record({
      call: fc.nat(60),
      when: fc.constantFrom('before' as const, 'after' as const),
      awayMs: fc.constantFrom(0, 150, 3_000, 30_000),
    });
    const act = fc.record({
      atMs: fc.nat(8_000),
      does: fc.constantFrom('abort', 'promote', 'halt', 'silence', 'speak', 'fail', 'recover'),
    });
    const story = fc.constantFrom(...Object.values(STORIES));
    const policy = fc.constantFrom('rollback', 'promote', 'hold');
    await fc.assert(
      fc.asyncProperty(
        story,
        policy,
        fc.array(crash, { maxLength: 6 }),
        fc.array(act, { maxLength: 3 }),
        fc.nat(1_000),
        async (played, onInconclusive, crashes, acts, seed) => {
          const { spec, plot } = played;
          const left = [...acts];
          const withActs: Story = {
            ...played,
            spec: { ...spec, ...policyOf(played.kind, onInconclusive), deadline: '40s' },
            plot: (drive) => {
              plot?.(drive);
              for (const a of left.filter(({ atMs }) => drive.world.nowMs >= atMs)) {
                left.splice(left.indexOf(a), 1);
                perform(drive, a.does);
              }
            },
          };
          const drive = await play(withActs, crashes, seed);
          if (drive) checkSane(drive);
        },
      ),
      { numRuns: 1_000 },
    );
  }, 60_000);

  it('counts no request twice, and loses at most the last seconds', async () => {
    const drive = new Drive(traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0 } }, 100));
    await drive.start({ hold: { min: '60s', max: '60s' }, steps: [{ weight: 50 }] });
    await drive.until(() => drive.view.phase === 'stepping');
    for (let i = 0; i < 5; i++) {
      await drive.run(5_300);
      await drive.restart(0);
    }
    const counted = drive.view.totals.candidateRequests;
    const served = drive.served['v2'] ?? 0;
    expect(counted).toBeLessThanOrEqual(served);
    expect(counted).toBeGreaterThan(served - 5 * 2.5 * 50 - 1);
    expect(drive.view.judgement.metrics[0]?.candidate.requests).toBe(counted);
  });

  it('keeps the time spent at a step, and lets the deadline go on', async () => {
    const drive = new Drive(traffic({}, 20));
    await drive.start({ hold: { min: '20s', max: '10m' }, steps: [{ weight: 10 }], deadline: '2m' });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.run(30_000);
    await drive.restart(100_000);
    await drive.tick();
    expect(drive.view).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(drive.view.reason).toContain('deadline of 2m');
  });

  it('sets the overlay of the step anew, in a new epoch', async () => {
    const drive = new Drive();
    await drive.start({ hold: { min: '20s', max: '60s' } });
    await drive.until(() => drive.view.phase === 'stepping');
    const before = drive.world.overlays.get(ID);
    await drive.restart(60_000);
    await drive.tick();
    expect(drive.world.overlays.get(ID)).toEqual({ ...before, epoch: (before?.epoch ?? 0) + 1 });
    expect(drive.types().at(-2)).toBe('resumed');
  });

  it('says so when the journal is damaged, and drops the overlay', async () => {
    for (const damage of ['gap', 'state', 'declaration', 'empty'] as const) {
      const drive = new Drive();
      await drive.start();
      await drive.until(() => drive.view.phase === 'stepping');
      const entries = [...drive.world.entries(ID)];
      if (damage === 'gap') entries.splice(3, 1);
      if (damage === 'state') for (const e of entries) Object.assign(e.data, { state: { phase: 'stepping' } });
      if (damage === 'declaration') Object.assign(entries[0]?.data ?? {}, { source: 7 });
      drive.world.journals.set(ID, damage === 'empty' ? [] : entries);
      await drive.restart();
      const view = drive.runner.views()[0];
      expect(view, damage).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
      expect(view?.reason).toMatch(/^JOURNAL_DAMAGED: .*; the overlay was dropped/);
      expect(drive.world.overlays.size).toBe(0);
      expect(drive.world.entries(ID).at(-1)?.type).toBe('damaged');
      await drive.restart();
      expect(drive.runner.views()[0]?.reason).toBe(view?.reason);
      expect(drive.world.entries(ID).filter((e) => e.type === 'damaged')).toHaveLength(1);
    }
  });

  it('shows ended runs as they ended', async () => {
    const drive = new Drive(traffic({ v2: { errorRate: 0.3 } }));
    await drive.start();
    await drive.until(() => drive.ended);
    const before = drive.view;
    await drive.restart(10_000);
    expect(drive.view).toEqual(before);
    expect(drive.world.entries(ID).at(-1)?.type).toBe('rolled-back');
  });

  it('writes the last evidence down when it is closed in order', async () => {
    const drive = new Drive();
    await drive.start({ hold: { min: '20s', max: '60s' } });
    await drive.until(() => drive.view.phase === 'stepping');
    await drive.run(900);
    await drive.runner.close();
    const { totals } = drive.view;
    const next = createRunner(drive.world.process().ports);
    await next.resume();
    expect(next.view('reviews-v2')?.totals).toEqual(totals);
  });
});

/** A test of several arms has no candidate that could be promoted without a verdict, and these have none at all. */
function policyOf(kind: ExperimentKind, policy: string): { readonly onInconclusive?: string } {
  if (kind === 'Shadow' || kind === 'Chaos') return {};
  return { onInconclusive: kind === 'ABTest' && policy === 'promote' ? 'rollback' : policy };
}

function perform(drive: Drive, act: string): void {
  const ignore = (): void => undefined;
  switch (act) {
    case 'abort':
      return void drive.runner.abort('reviews-v2', 'ada', 'because').catch(ignore);
    case 'promote':
      return void drive.runner.promote('reviews-v2', 'ada', 'because').catch(ignore);
    case 'halt':
      return void drive.runner.halt('ada', 'because').catch(ignore);
    case 'silence':
      drive.traffic.reports = false;
      return;
    case 'speak':
      drive.traffic.reports = true;
      return;
    case 'fail':
      Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0.9 } }).of);
      return;
    case 'recover':
      Object.assign(drive.traffic.of, traffic({ v2: { errorRate: 0 } }).of);
      return;
  }
}

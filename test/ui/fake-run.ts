/** One made-up run of a canary: its steps by the clock, its counts by chance, its evidence from the counts. */
import type { ExperimentView, JournalEntry, Phase } from '../../contracts/experiment.ts';
import type { ExperimentPoint } from '../../contracts/live.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { judge, newTally } from './fake-judgement.ts';
import type { ArmTally } from './fake-judgement.ts';
import { latencies, poisson } from './fake-traffic.ts';
import type { Random } from './fake-traffic.ts';

type Plan = {
  name: string;
  service: string;
  arms: [string, string];
  rps: number;
  errors: [number, number];
  baseMs: [number, number];
  stepS: number;
  end: { afterS: number; verdict: Verdict; phase: Phase; reason: string } | null;
};

const STEPS_PPM = [10_000, 50_000, 250_000, 500_000];
const MEASURE_S = 20;
/** What the runner's journal calls the decision that follows from a verdict. */
const DECISION = { PASS: 'promote', FAIL: 'verdict', INCONCLUSIVE: 'verdict', PENDING: 'checkpoint' } as const;

const PLANS: readonly Plan[] = [
  {
    name: 'reviews-v2',
    service: 'reviews',
    arms: ['v1', 'v2'],
    rps: 212,
    errors: [0.0012, 0.0009],
    baseMs: [14, 13.4],
    stepS: 45,
    end: null,
  },
  {
    name: 'ratings-v3',
    service: 'ratings',
    arms: ['v2', 'v3'],
    rps: 118,
    errors: [0.002, 0.21],
    baseMs: [6.5, 9.4],
    stepS: 30,
    end: {
      afterS: 59,
      verdict: 'FAIL',
      phase: 'rolled-back',
      reason:
        'ratings v3 fails more often than v2: 20.6% of its requests against 0.2%. Rolled back 0.6 s after the evidence sufficed.',
    },
  },
  {
    name: 'checkout-v7',
    service: 'checkout',
    arms: ['v6', 'v7'],
    rps: 160,
    errors: [0.0011, 0.0008],
    baseMs: [31, 27],
    stepS: 60,
    end: {
      afterS: 330,
      verdict: 'PASS',
      phase: 'promoted',
      reason: 'checkout v7 is no worse than v6 in both metrics, at alpha 0.01. Promoted, watched for 30 s, kept.',
    },
  },
  {
    name: 'search-v2',
    service: 'search',
    arms: ['v1', 'v2'],
    rps: 1.2,
    errors: [0, 0],
    baseMs: [80, 82],
    stepS: 90,
    end: {
      afterS: 560,
      verdict: 'INCONCLUSIVE',
      phase: 'rolled-back',
      reason:
        'Too little traffic for a verdict by the deadline: 231 candidate requests of about 1,100. Rolled back, as declared.',
    },
  },
];

export function startRun(name: string, startMs: number, random: Random): FakeRun {
  const plan = PLANS.find((p) => p.name === name);
  if (!plan) throw new Error(`no made-up run is called ${name}`);
  return new FakeRun(plan, Math.floor(startMs / 1_000) * 1_000, random);
}

export class FakeRun {
  readonly plan: Plan;
  readonly id: string;
  readonly points: ExperimentPoint[] = [];
  readonly journal: JournalEntry[] = [];
  readonly #startMs: number;
  readonly #random: Random;
  readonly #tally: [ArmTally, ArmTally] = [newTally(), newTally()];
  #phase: Phase = 'measuring';
  #verdict: Verdict = 'PENDING';
  #reason = '';
  #endedMs: number | null = null;
  #ppm = 0;
  #haltedBy: string | null = null;
  #waitsFor: 'approval' | null = null;
  #changes: Partial<ExperimentView> = {};
  #pausedBy: string | null = null;

  constructor(plan: Plan, startMs: number, random: Random) {
    this.plan = plan;
    this.id = `${plan.name}-01`;
    this.#startMs = startMs;
    this.#random = random;
    this.#write(startMs, 'declared', `${plan.name}: ${plan.arms[1]} of ${plan.service} against ${plan.arms[0]}.`, {});
  }

  advanceTo(nowMs: number): void {
    const next = (this.points.at(-1)?.at ?? this.#startMs) + 1_000;
    for (let at = next; at <= nowMs && this.#endedMs === null; at += 1_000) this.#second(at);
  }

  /** Ends it by hand. */
  rollBack(nowMs: number, by: string): void {
    this.#haltedBy = by;
    this.#write(nowMs, 'aborted', `${by} ended the experiment; all traffic is on ${this.plan.arms[0]}.`, { by });
    this.#end(nowMs, 'INCONCLUSIVE', 'rolled-back', `Ended by ${by} before a verdict; nothing was proved either way.`);
  }

  promote(nowMs: number, reason: string): void {
    this.#write(nowMs, 'promote', `Promoted by hand: ${reason}`, { reason });
    this.#end(nowMs, 'PENDING', 'promoted', `Promoted by hand before a verdict: ${reason}`);
  }

  /** From now on it is shown with these. */
  change(changes: Partial<ExperimentView>): void {
    this.#changes = changes;
  }

  /** From now on the next step waits for a person. */
  askForApproval(): void {
    this.#waitsFor = 'approval';
    this.#reason = 'step 4 waits for a person to approve it';
  }

  approve(nowMs: number, reason: string): void {
    this.#write(nowMs, 'approved', `approved by a person: ${reason}`, { reason });
    this.#waitsFor = null;
    this.#reason = '';
  }

  pause(nowMs: number, by: string | null): void {
    const message = by === null ? 'it goes on' : `paused by ${by}`;
    this.#write(nowMs, by === null ? 'unpaused' : 'paused', message, { by });
    this.#pausedBy = by;
  }

  get running(): boolean {
    return this.#endedMs === null;
  }

  view(): ExperimentView {
    const { plan } = this;
    const judgement = judge(this.#tally, this.#verdict, plan.arms);
    const recent = this.points.slice(-5).flatMap((p) => p.arms);
    const count = (arm: string): number => recent.filter((a) => a.arm === arm).reduce((n, a) => n + a.requests, 0);
    const all = count('baseline') + count('candidate');
    const stepIndex = STEPS_PPM.indexOf(this.#ppm);
    const lastAt = this.#endedMs ?? this.points.at(-1)?.at ?? this.#startMs;
    return {
      id: this.id,
      name: plan.name,
      kind: 'Canary',
      service: plan.service,
      baseline: plan.arms[0],
      candidate: plan.arms[1],
      phase: this.#phase,
      verdict: this.#verdict,
      reason: this.#reason === '' ? judgement.reason : this.#reason,
      startedAt: new Date(this.#startMs).toISOString(),
      updatedAt: new Date(lastAt).toISOString(),
      endedAt: this.#endedMs === null ? null : new Date(this.#endedMs).toISOString(),
      steps: STEPS_PPM.map((weightPpm, i) => ({
        weightPpm,
        state: i < stepIndex ? 'done' : i > stepIndex ? 'waiting' : this.running ? 'running' : 'done',
      })),
      stepIndex: Math.max(0, stepIndex),
      intendedPpm: this.running ? this.#ppm : this.#phase === 'promoted' ? 1_000_000 : 0,
      measuredPpm: this.running && all > 0 ? (count('candidate') / all) * 1_000_000 : null,
      totals: {
        baselineRequests: this.#tally[0].requests,
        candidateRequests: this.#tally[1].requests,
        candidateErrors: this.#tally[1].errors,
        shielded: this.#tally[1].errors,
      },
      judgement,
      haltedBy: this.#haltedBy,
      waitsFor: this.#waitsFor,
      pausedBy: this.#pausedBy,
      spec: {
        service: plan.service,
        baseline: plan.arms[0],
        candidate: plan.arms[1],
        steps: [{ weight: 1 }, { weight: 5 }, { weight: 25 }, { weight: 50 }],
        hold: { min: `${plan.stepS}s`, max: '10m' },
        shield: true,
        analysis: {
          judge: 'sequential',
          alpha: 0.01,
          metrics: [
            { name: 'success-rate', margin: 0.5 },
            { name: 'latency', quantile: 0.99, tolerance: '10%' },
          ],
        },
        onInconclusive: 'rollback',
      },
      ...this.#changes,
    };
  }

  #second(at: number): void {
    const { plan } = this;
    const elapsed = (at - this.#startMs) / 1_000;
    this.#step(at, elapsed);
    const share = this.#ppm / 1_000_000;
    const arms = (['baseline', 'candidate'] as const).map((arm, i) => {
      const mean = plan.rps * (i === 0 ? 1 - share : share) * (1 + 0.1 * Math.sin(elapsed / 30));
      const requests = poisson(mean, this.#random);
      const errors = Math.min(requests, poisson(requests * (plan.errors[i] ?? 0), this.#random));
      const spread = latencies(requests, plan.baseMs[i] ?? 0, this.#random);
      const tally = this.#tally[i];
      if (tally && elapsed > MEASURE_S) {
        tally.requests += requests;
        tally.errors += errors;
        tally.p99Sum += (spread.p99Ms ?? 0) * requests;
      }
      return { arm, requests, errors, ...spread };
    });
    this.points.push({ at, intendedPpm: this.#ppm, arms: this.#ppm > 0 ? arms : arms.slice(0, 1) });
    if (plan.end && elapsed >= plan.end.afterS) {
      const { verdict, phase, reason } = plan.end;
      this.#write(at, DECISION[verdict], reason, { verdict });
      this.#end(at + 600, verdict, phase, reason);
    }
  }

  #step(at: number, elapsed: number): void {
    if (elapsed < MEASURE_S) return;
    const index = Math.min(STEPS_PPM.length - 1, Math.floor((elapsed - MEASURE_S) / this.plan.stepS));
    const ppm = STEPS_PPM[index] ?? 0;
    if (ppm === this.#ppm) return;
    const from = this.#ppm;
    this.#ppm = ppm;
    this.#phase = 'stepping';
    this.#write(
      at,
      'step',
      `Step ${index + 1} of ${STEPS_PPM.length}: ${ppm / 10_000}% of ${this.plan.service} to ${this.plan.arms[1]}.`,
      {
        fromPpm: from,
        toPpm: ppm,
        acknowledgedBy: ['edge', 'reviews-v1'],
      },
    );
  }

  #end(at: number, verdict: Verdict, phase: Phase, reason: string): void {
    this.#endedMs = at;
    this.#verdict = verdict;
    this.#phase = phase;
    this.#reason = reason;
    this.#write(at, phase, phase === 'promoted' ? `${this.plan.arms[1]} is stable.` : 'The overlay is dropped.', {});
  }

  #write(at: number, type: string, message: string, data: Record<string, unknown>): void {
    this.journal.push({
      experimentId: this.id,
      seq: this.journal.length,
      at: new Date(at).toISOString(),
      type,
      message,
      data,
    });
  }
}

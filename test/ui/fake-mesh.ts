/**
 * A mesh that does not exist, a second at a time: services, proxies and experiments with plausible moving numbers,
 * the same for the same seed. What the fake control plane of the browser tests serves.
 */
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { ProxyView, ServicePoint, ServiceView } from '../../contracts/live.ts';
import type { FakeRun } from './fake-run.ts';
import { startRun } from './fake-run.ts';
import { randomFrom } from './fake-traffic.ts';
import type { Random } from './fake-traffic.ts';
import { latencies, poisson } from './fake-traffic.ts';

export type Scene = 'busy' | 'empty';
type ServicePlan = { name: string; stable: string; others: string[]; rps: number; errors: number; baseMs: number };

const HISTORY_S = 300;
const PLANS: readonly ServicePlan[] = [
  { name: 'checkout', stable: 'v7', others: [], rps: 64, errors: 0.0004, baseMs: 31 },
  { name: 'ratings', stable: 'v2', others: ['v3'], rps: 118, errors: 0.018, baseMs: 6.5 },
  { name: 'reviews', stable: 'v1', others: ['v2'], rps: 212, errors: 0.0006, baseMs: 14 },
  { name: 'search', stable: 'v1', others: ['v2'], rps: 0, errors: 0, baseMs: 0 },
];

export class FakeMesh {
  readonly runs: FakeRun[] = [];
  readonly #services: { plan: ServicePlan; points: ServicePoint[] }[] = [];
  readonly #random: Random;
  readonly #empty: boolean;

  /** @param nowMs - Unix milliseconds; the history before it is made up at once */
  constructor(scene: Scene, nowMs: number, seed = 7) {
    this.#random = randomFrom(seed);
    this.#empty = scene === 'empty';
    if (this.#empty) return;
    this.#services.push(...PLANS.map((plan) => ({ plan, points: [] })));
    for (let s = HISTORY_S; s > 0; s--) this.#serviceSecond(nowMs - s * 1_000);
    const random = this.#random;
    this.runs.push(startRun('reviews-v2', nowMs - 172_000, random), startRun('ratings-v3', nowMs - 1_260_000, random));
    this.runs.push(
      startRun('checkout-v7', nowMs - 4_000_000, random),
      startRun('search-v2', nowMs - 11_000_000, random),
    );
    for (const run of this.runs) run.advanceTo(nowMs);
  }

  /** One second later. */
  tick(nowMs: number): void {
    this.#serviceSecond(nowMs);
    for (const run of this.runs) run.advanceTo(nowMs);
  }

  views(): readonly ExperimentView[] {
    return this.runs.map((run) => run.view());
  }

  services(): readonly ServiceView[] {
    return this.#services.map(({ plan, points }) => {
      const last = points.slice(-10);
      const sum = (of: (p: ServicePoint) => number): number => last.reduce((total, p) => total + of(p), 0);
      const requests = sum((p) => p.requests);
      const success = requests > 0 ? 1 - sum((p) => p.errors) / requests : null;
      const newest = points.at(-1);
      return {
        name: plan.name,
        stable: plan.stable,
        versions: [plan.stable, ...plan.others].map((name) => ({ name, endpoints: ['127.0.0.1:9081'], requests })),
        rps: requests / 10,
        successRate: success,
        p50Ms: newest?.p50Ms ?? null,
        p95Ms: newest?.p95Ms ?? null,
        p99Ms: newest?.p99Ms ?? null,
        health: success === null ? 'unknown' : success < 0.95 ? 'failing' : success < 0.99 ? 'degraded' : 'ok',
        points,
      };
    });
  }

  proxies(nowMs: number): readonly ProxyView[] {
    if (this.#empty) return [];
    const proxy = (id: string, role: string): ProxyView => ({
      id,
      role,
      connected: true,
      configVersion: 12,
      targetVersion: 12,
      sync: 'ACKED',
      message: null,
      lastSeen: new Date(nowMs).toISOString(),
      lostReports: 0,
    });
    return [
      proxy('edge', 'gateway'),
      proxy('reviews-v1', 'sidecar'),
      proxy('reviews-v2', 'sidecar'),
      {
        ...proxy('ratings-v2', 'sidecar'),
        configVersion: 11,
        sync: 'NACKED',
        message: 'ADDRESS_IN_USE: 127.0.0.1:9310 is taken by another program',
      },
    ];
  }

  journalOf(name: string): readonly JournalEntry[] {
    return this.run(name)?.journal ?? [];
  }

  run(name: string): FakeRun | undefined {
    return this.runs.find((run) => run.plan.name === name);
  }

  #serviceSecond(at: number): void {
    for (const { plan, points } of this.#services) {
      const second = Math.floor(at / 1_000);
      const wave = 1 + 0.12 * Math.sin(second / 40) + 0.05 * Math.sin(second / 7);
      const requests = poisson(plan.rps * wave, this.#random);
      const burst = plan.name === 'ratings' && second % 97 < 9 ? 5 : 1;
      const errors = Math.min(requests, poisson(requests * plan.errors * burst, this.#random));
      points.push({
        at: second * 1_000,
        requests,
        errors,
        shielded: 0,
        ...latencies(requests, plan.baseMs, this.#random),
      });
      if (points.length > HISTORY_S) points.shift();
    }
  }
}

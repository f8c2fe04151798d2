/** Drives an experiment through virtual time: ticks, reports of simulated proxies, and restarts of the control plane. */
import { binomial, seeded } from '../../analyzer/simulation/random.ts';
import { bucketOf } from '../../contracts/histogram.ts';
import { isExperimentDocument } from '../../contracts/document.ts';
import type { CanaryDocument, ExperimentDocument, ExperimentKind, SourceDocument } from '../../contracts/document.ts';
import type { Comparisons } from '../../contracts/comparison.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import { checkDocument } from '../../contracts/parse.ts';
import type { ArmRow, TrafficRow } from '../../contracts/telemetry.ts';
import type { RunnerApi } from '../ports.ts';
import { createRunner } from '../runner.ts';
import { comparisonsOf } from './comparisons.ts';
import { keyedRows } from './keyed-rows.ts';
import type { Process } from './world.ts';
import { World } from './world.ts';

export const TICK_MS = 100;
const REPORT_MS = 200;
export const ID = 'exp_1';

/** How a version behaves. */
export type Behaviour = {
  readonly errorRate: number;
  readonly latencyMs: number;
  /** Of an A/B test: how many users reach the goal "signup", and how many get lost before they are counted. */
  readonly goalRate?: number;
  readonly lostUsers?: number;
  /** Of a shadow: how many of the answers have another price than the baseline's. */
  readonly wrongPrices?: number;
  /** The share of its requests that never end. */
  readonly hangRate?: number;
};
export type Traffic = {
  rps: number;
  /** Of testers, beside the others. */
  previewRps: number;
  readonly of: Record<string, Behaviour>;
  reports: boolean;
  /** Whether faults of overlays find requests that they may touch. */
  faultsMeet: boolean;
  /** How many times its share a candidate is assigned; 1 where it is not given. */
  skew?: number;
};

export function traffic(of: Partial<Record<'v1' | 'v2', Partial<Behaviour>>> = {}, rps = 200): Traffic {
  const usual = { errorRate: 0.001, latencyMs: 20 };
  return {
    rps,
    previewRps: 0,
    of: { v1: { ...usual, ...of.v1 }, v2: { ...usual, ...of.v2 } },
    reports: true,
    faultsMeet: true,
  };
}

const RELEASE = {
  service: 'reviews',
  baseline: 'v1',
  candidate: 'v2',
  measure: '2s',
  lease: '3s',
  deadline: '5m',
  watch: { for: '3s', maxErrors: 5 },
  analysis: { metrics: [{ name: 'success-rate', margin: 2 }] },
};

/** A short life of each kind. */
const SPECS: Readonly<Record<ExperimentKind, Record<string, unknown>>> = {
  Canary: { ...RELEASE, steps: [{ weight: 10 }, { weight: 50 }], hold: { min: '2s', max: '60s' } },
  BlueGreen: {
    ...RELEASE,
    preview: { headers: { 'x-preview': { exact: 'yes' } } },
    verify: { requests: 20, min: '2s', max: '60s' },
    warm: '10s',
  },
  ABTest: {
    service: 'reviews',
    arms: [{ version: 'v1' }, { version: 'v2' }],
    key: { cookie: 'user' },
    goals: [{ name: 'signup' }],
    run: { min: '2s', max: '60s' },
    lease: '3s',
    deadline: '5m',
    watch: { for: '3s', maxErrors: 5 },
  },
  Chaos: {
    service: 'reviews',
    steadyState: { metrics: [{ name: 'success-rate', min: 90 }], requests: 50 },
    before: '2s',
    recovery: '2s',
    faults: [{ name: 'aborts', for: '10s', fault: { service: 'reviews', percent: 5, abort: { status: 503 } } }],
    lease: '3s',
    deadline: '5m',
  },
  Shadow: {
    service: 'reviews',
    baseline: 'v1',
    candidate: 'v2',
    run: { min: '2s', max: '60s' },
    lease: '3s',
    deadline: '5m',
    analysis: { learn: 50 },
  },
};

type Declared<D> = { readonly document: D; readonly source: SourceDocument };

export function declare(kind: ExperimentKind, spec: Record<string, unknown> = {}): Declared<ExperimentDocument> {
  const source = {
    apiVersion: 'meshproof.dev/v1',
    kind,
    metadata: { name: 'reviews-v2' },
    spec: { ...SPECS[kind], ...spec },
  };
  const checked = checkDocument(source);
  if (!checked.ok || !isExperimentDocument(checked.document)) throw new Error(JSON.stringify(checked));
  return { document: checked.document, source };
}

export function canary(spec: Record<string, unknown> = {}): Declared<CanaryDocument> {
  const { document, source } = declare('Canary', spec);
  if (document.kind !== 'Canary') throw new Error('not a Canary');
  return { document, source };
}

export class Drive {
  readonly world = new World();
  readonly traffic: Traffic;
  readonly #random;
  process: Process;
  runner: RunnerApi;
  #users = 0;
  /** What users met: requests by the version that served them, as of the overlay and the stable version. */
  readonly served: Record<string, number> = {};

  constructor(load: Traffic = traffic(), seed = 1) {
    this.traffic = load;
    this.#random = seeded(seed);
    this.process = this.world.process();
    this.runner = createRunner(this.process.ports);
  }

  async start(spec: Record<string, unknown> = {}, kind: ExperimentKind = 'Canary'): Promise<ExperimentView> {
    const { document, source } = declare(kind, spec);
    return this.runner.run(ID, document, source);
  }

  /** SIGKILL, and a new process `awayMs` later. Proxies report to nobody meanwhile. */
  async restart(awayMs = 0): Promise<void> {
    this.process.kill();
    this.world.pass(awayMs);
    this.process = this.world.process();
    this.runner = createRunner(this.process.ports);
    const resumed = this.runner.resume();
    await Promise.race([resumed, breathe()]);
  }

  get view(): ExperimentView {
    const view = this.runner.view('reviews-v2');
    if (!view) throw new Error('there is no run');
    return view;
  }

  get ended(): boolean {
    return this.view.endedAt !== null;
  }

  types(): string[] {
    return this.world
      .entries(ID)
      .map((e) => e.type)
      .filter((t) => t !== 'checkpoint');
  }

  /** Lets virtual time pass until `done`, at most `forMs`. @returns the milliseconds that passed */
  async until(done: () => boolean, forMs = 600_000): Promise<number> {
    let passedMs = 0;
    for (; passedMs < forMs && !done(); passedMs += TICK_MS) await this.tick();
    return passedMs;
  }

  async run(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  async tick(): Promise<void> {
    this.world.pass(TICK_MS);
    if (this.process.alive) {
      if (this.traffic.reports && this.world.nowMs % REPORT_MS === 0) this.#observe();
      this.runner.tick();
    }
    await breathe();
  }

  #observe(): void {
    const requests = Math.round((this.traffic.rps * REPORT_MS) / 1_000);
    const faults = this.world.overlays.get(ID)?.faults ?? [];
    const aborted = this.traffic.faultsMeet
      ? faults.map(({ name, spec }) => ({
          experimentId: ID,
          fault: name,
          hits: binomial(this.#random, requests, Number(spec['percent'] ?? 100) / 100),
        }))
      : [];
    const errors = aborted.reduce((sum, { hits }) => sum + hits, this.#failing(requests));
    const traffic = trafficRow(requests, Math.min(requests, errors), this.#latencyUs);
    this.runner.observe(this.#report(), [traffic], aborted, this.#comparisons());
  }

  #failing(requests: number): number {
    return binomial(this.#random, requests, this.traffic.of[this.world.stable]?.errorRate ?? 0);
  }

  get #latencyUs(): number {
    return (this.traffic.of[this.world.stable]?.latencyMs ?? 0) * 1_000;
  }

  /** What the proxies counted in one reporting interval under the overlay that is in force. */
  #report(): ArmRow[] {
    const requests = Math.round((this.traffic.rps * REPORT_MS) / 1_000);
    const overlay = this.world.overlays.get(ID);
    // An overlay takes only requests that the configuration sends to its baseline.
    if (!overlay || overlay.baseline !== this.world.stable) {
      this.#serve(this.world.stable, requests);
      return [];
    }
    if (overlay.split) {
      const rows = keyedRows(
        overlay,
        overlay.split,
        { from: this.#users, count: requests },
        this.traffic.of,
        this.#random,
      );
      this.#users += requests;
      for (const row of rows) this.#serve(row.keyed?.version ?? '', row.requests);
      return rows;
    }
    const shifted = binomial(this.#random, requests, ((this.traffic.skew ?? 1) * overlay.candidatePpm) / 1_000_000);
    const share = overlay.candidatePpm / (1_000_000 - overlay.candidatePpm);
    const fresh = overlay.fresh === undefined ? 0 : binomial(this.#random, requests - shifted, Math.min(1, share));
    const previewed = Math.round((this.traffic.previewRps * REPORT_MS) / 1_000);
    const preview = overlay.preview ? this.#rows(overlay, 'candidate', overlay.candidate, previewed) : [];
    return [
      ...preview.map((row) => ({ ...row, preview: true as const })),
      ...this.#rows(overlay, 'baseline', overlay.baseline, requests - shifted - fresh),
      ...this.#rows(overlay, 'fresh', overlay.fresh ?? '', fresh),
      ...this.#rows(overlay, 'candidate', overlay.candidate, shifted),
    ];
  }

  #comparisons(): Comparisons[] {
    const overlay = this.world.overlays.get(ID);
    if (!overlay?.shadow) return [];
    const requests = Math.round((this.traffic.rps * REPORT_MS) / 1_000);
    return [comparisonsOf(overlay, overlay.shadow, requests, this.traffic.of, this.#random)];
  }

  #rows(overlay: Overlay, arm: ArmRow['arm'], version: string, started: number): ArmRow[] {
    if (started === 0) return [];
    this.#serve(version, started);
    const behaviour = this.traffic.of[version] ?? { errorRate: 0, latencyMs: 20 };
    const requests = started - binomial(this.#random, started, behaviour.hangRate ?? 0);
    const us = behaviour.latencyMs * 1_000;
    const { experimentId, epoch, candidatePpm } = overlay;
    const errors = binomial(this.#random, requests, behaviour.errorRate);
    const latency: [number, number][] = [[bucketOf(us), requests]];
    const counts = { requests, started, errors, shielded: 0, latencySumUs: us * requests, latency };
    return [{ experimentId, epoch, arm, candidatePpm, ...counts }];
  }

  #serve(version: string, requests: number): void {
    this.served[version] = (this.served[version] ?? 0) + requests;
  }
}

function trafficRow(requests: number, errors: number, us: number): TrafficRow {
  return {
    source: 'edge',
    service: 'reviews',
    version: 'v1',
    route: 'default',
    codes: { 200: requests - errors, 503: errors },
    retries: 0,
    shielded: 0,
    faults: 0,
    latencySumUs: us * requests,
    latency: [[bucketOf(us), requests]],
  };
}

/** Lets everything that is ready run: the world answers within a few turns of the microtask queue. */
async function breathe(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

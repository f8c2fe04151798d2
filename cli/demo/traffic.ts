/** The users of the demo: the traffic generator as a process of its own, and what it counts. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../version.ts';

const Report = z.object({
  sent: z.int(),
  answered: z.int(),
  errors: z.int(),
  codes: z.record(z.string(), z.int()),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
/** Totals since the start; latency of the last quarter of a second. */
export type TrafficReport = z.output<typeof Report>;

const NONE: TrafficReport = { sent: 0, answered: 0, errors: 0, codes: {}, p50Ms: null, p99Ms: null };

/** What is sent; without it the pages of the shop, one after the other. See scenarios/traffic/profile.ts. */
export type TrafficProfile = Readonly<Record<string, unknown>>;

export class Traffic {
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #last: TrafficReport = NONE;
  #waiting: (() => void)[] = [];
  #failure: string | undefined;

  /** @param rate - requests a second */
  constructor(url: string, rate: number, profile: TrafficProfile = {}) {
    const script = join(PACKAGE_ROOT, 'dist', 'scenarios', 'traffic', 'main.js');
    // It ends by itself when its stdin does, which is when this process ends.
    const child = spawn(process.execPath, [script, url, String(rate), JSON.stringify(profile)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.#process = child;
    this.#ended = new Promise((done) => {
      child.once('exit', (code) => {
        this.#failure = `the traffic generator ended with code ${code}`;
        this.#wake();
        done();
      });
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#last = Report.parse(JSON.parse(line));
      this.#wake();
    });
  }

  get last(): TrafficReport {
    return this.#last;
  }

  /** The next report. @throws when the generator has ended */
  async next(): Promise<TrafficReport> {
    if (this.#failure === undefined) await new Promise<void>((done) => this.#waiting.push(done));
    if (this.#failure !== undefined) throw new Error(this.#failure);
    return this.#last;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }
}

/** What an overlay that copies requests has beside its counters: which requests, and where the comparisons wait. */
import { randomBytes } from 'node:crypto';
import type { OverlayShadow } from '../../contracts/comparison.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Clock } from '../dataplane-api.ts';
import type { Exchange } from '../exchange.ts';
import { Comparison } from './comparison.ts';
import { ComparisonQueue } from './comparison-queue.ts';
import { isSafe } from './safe-method.ts';
import { Redaction } from './redaction.ts';

/** Never leaves the process, and ends with it. */
const SECRET = randomBytes(32);

export class ShadowRun {
  readonly settings: OverlayShadow;
  readonly queue: ComparisonQueue;
  readonly #overlay: Overlay;
  readonly #redaction: Redaction;

  constructor(overlay: Overlay, settings: OverlayShadow, clock: Clock) {
    this.settings = settings;
    this.queue = new ComparisonQueue(overlay.experimentId, settings.maxComparedPerSecond, clock);
    this.#overlay = overlay;
    this.#redaction = new Redaction(settings.redact, SECRET, settings.maxBodyBytes);
  }

  /** Whether this request is copied to the candidate. */
  mirrors({ head, runtime }: Exchange): boolean {
    if (this.settings.writes === 'never' && !isSafe(head.method)) return false;
    return runtime.random.ppm() < this.settings.mirrorPpm;
  }

  /** Begins the comparison of a request that is copied; undefined: it is not compared. */
  compare({ head, runtime }: Exchange): Comparison | undefined {
    const { settings } = this;
    if (settings.writes !== 'both' && !isSafe(head.method)) return undefined;
    if (runtime.random.ppm() >= settings.comparePpm || !this.queue.begin()) return undefined;
    const { experimentId, epoch } = this.#overlay;
    const [path = ''] = head.target.split('?', 1);
    const of = { experimentId, epoch, method: head.method, path };
    return new Comparison(of, settings, this.queue, this.#redaction, runtime.clock.nowMs);
  }
}

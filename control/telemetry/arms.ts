/** Both arms of each experiment, second by second, for the charts: first attempts, as the judge sees them. */
import type { ExperimentPoint } from '../../contracts/live.ts';
import { ARMS } from '../../contracts/overlay.ts';
import type { Arm } from '../../contracts/overlay.ts';
import type { ArmRow } from '../../contracts/telemetry.ts';
import { Second } from './second.ts';

const KEPT_SECONDS = 900;
/** Of those that have ended; those that run are all kept. */
const KEPT_ENDED = 20;

type Track = { readonly points: ExperimentPoint[]; at: number; intendedPpm: number; arms: Map<Arm, Second> };

export class ArmTelemetry {
  /** In the order of their start. */
  readonly #tracks = new Map<string, Track>();
  onPoint: (experimentId: string, point: ExperimentPoint) => void = () => {};

  /** @param inForce - whether an experiment has an overlay now; rows of experiments that nobody knows are not kept */
  add(rows: readonly ArmRow[], inForce: (experimentId: string) => boolean, nowMs: number): void {
    const at = Math.floor(nowMs / 1_000);
    for (const row of rows) {
      const track =
        this.#tracks.get(row.experimentId) ?? (inForce(row.experimentId) && this.#start(row.experimentId, at));
      if (!track) continue;
      this.#turn(row.experimentId, track, at);
      track.intendedPpm = row.candidatePpm;
      // A fresh baseline is drawn with the baseline: both are one build.
      const arm = row.arm === 'fresh' ? 'baseline' : row.arm;
      let second = track.arms.get(arm);
      if (!second) track.arms.set(arm, (second = new Second()));
      second.add(row.requests, row.errors, row.shielded, row.latency);
    }
  }

  /** Closes seconds that are over. Called once a second. @param running - ids whose charts go on even without traffic */
  turn(running: ReadonlySet<string>, nowMs: number): void {
    const at = Math.floor(nowMs / 1_000);
    for (const [id, track] of this.#tracks) if (track.arms.size > 0 || running.has(id)) this.#turn(id, track, at);
    const ended = [...this.#tracks.keys()].filter((id) => !running.has(id));
    for (const id of ended.slice(0, -KEPT_ENDED)) this.#tracks.delete(id);
  }

  points(experimentId: string): readonly ExperimentPoint[] {
    return this.#tracks.get(experimentId)?.points ?? [];
  }

  #turn(id: string, track: Track, at: number): void {
    if (at <= track.at) return;
    const point: ExperimentPoint = {
      at: track.at * 1_000,
      intendedPpm: track.intendedPpm,
      arms: ARMS.map((arm) => {
        const second = track.arms.get(arm) ?? new Second();
        return { arm, requests: second.requests, errors: second.errors, ...second.quantiles() };
      }),
    };
    track.points.push(point);
    if (track.points.length > KEPT_SECONDS) track.points.shift();
    track.at = at;
    track.arms = new Map();
    this.onPoint(id, point);
  }

  #start(id: string, at: number): Track {
    const track: Track = { points: [], at, intendedPpm: 0, arms: new Map() };
    this.#tracks.set(id, track);
    return track;
  }
}

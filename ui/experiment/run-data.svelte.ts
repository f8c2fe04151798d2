/** One run as its page needs it: the view, its seconds and its journal, fetched once and then kept by the live stream. */
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { ExperimentPoint, LiveMessage } from '../../contracts/live.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import { api, explain } from '../live/api-client.ts';
import { mesh } from '../live/mesh.svelte.ts';
import { mergeDeliveries } from '../model/deliveries.ts';
import { mergeEntries, mergePoints } from '../model/series.ts';

const KEEP_MS = 3 * 3_600_000;

export class RunData {
  readonly name: string;
  points = $state.raw<readonly ExperimentPoint[]>([]);
  journal = $state.raw<readonly JournalEntry[]>([]);
  deliveries = $state.raw<readonly DeliveryView[]>([]);
  missing = $state(false);
  problem = $state('');
  #fetched = $state.raw<ExperimentView | undefined>(undefined);
  readonly view = $derived.by(() => mesh.experiment(this.name) ?? this.#fetched);
  /** The run that points and journal belong to; a second run of the same name starts anew. */
  #id = '';

  constructor(name: string) {
    this.name = name;
  }

  /** Fetches everything; again after the stream was lost, for what was missed. */
  async load(): Promise<void> {
    try {
      const view = await api.experiment(this.name);
      const [points, journal, deliveries] = await Promise.all([
        api.points(this.name),
        api.journal(this.name),
        api.deliveries(this.name),
      ]);
      this.#turnTo(view.id);
      this.#fetched = view;
      this.points = mergePoints(points, this.points, KEEP_MS);
      this.#add(journal);
      this.deliveries = mergeDeliveries(this.deliveries, deliveries);
      this.problem = '';
      this.missing = false;
    } catch (error) {
      this.missing = error instanceof MeshproofError && error.code === 'EXPERIMENT_NOT_FOUND';
      this.problem = explain(error);
    }
  }

  take(message: LiveMessage): void {
    if (message.type === 'experiment') this.#see(message.experiment);
    if (message.type === 'overview') message.experiments.forEach((view) => this.#see(view));
    if (message.type === 'point' && message.experimentId === this.#id)
      this.points = mergePoints(this.points, [message.point], KEEP_MS);
    if (message.type === 'journal' && message.entry.experimentId === this.#id) this.#add([message.entry]);
    if (message.type === 'delivery' && message.delivery.experimentId === this.#id)
      this.deliveries = mergeDeliveries(this.deliveries, [message.delivery]);
  }

  /** A new run of the same name: what of it went by before this page knew of it is fetched. */
  #see(view: ExperimentView): void {
    if (view.name !== this.name || view.id === this.#id) return;
    this.missing = false;
    this.#turnTo(view.id);
    void this.load();
  }

  #turnTo(id: string): void {
    if (this.#id === id) return;
    this.#id = id;
    this.points = [];
    this.journal = [];
    this.deliveries = [];
  }

  #add(entries: readonly JournalEntry[]): void {
    this.journal = mergeEntries(this.journal, entries);
  }
}

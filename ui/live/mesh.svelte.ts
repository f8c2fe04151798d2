/** What the dashboard knows of the mesh, kept current by the live stream. One for the whole page. */
import { untrack } from 'svelte';
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { LiveMessage, ProxyView, ServicePoint, ServiceView } from '../../contracts/live.ts';
import { mergePoints } from '../model/series.ts';
import { api, explain } from './api-client.ts';
import { LiveFeed, liveUrl } from './live-feed.ts';
import { notify } from './notices.svelte.ts';

/** Two intervals of the stream, and half a one for the way. */
export const STALE_AFTER_MS = 2_500;
const KEEP_MS = 300_000;

type Service = Omit<ServiceView, 'points'>;

class Mesh {
  services = $state.raw<readonly Service[]>([]);
  experiments = $state.raw<readonly ExperimentView[]>([]);
  proxies = $state.raw<readonly ProxyView[]>([]);
  history = $state.raw<Readonly<Record<string, readonly ServicePoint[]>>>({});
  /** Unix milliseconds by this machine's clock; 0 before the first message. */
  heardAt = $state(0);
  now = $state(Date.now());
  connections = $state(0);

  readonly loaded = $derived(this.heardAt > 0);
  readonly ageMs = $derived(this.heardAt === 0 ? 0 : Math.max(0, this.now - this.heardAt));
  readonly stale = $derived(this.ageMs > STALE_AFTER_MS);

  readonly #listeners = new Set<(message: LiveMessage) => void>();
  #feed: LiveFeed | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;

  open(): void {
    this.#feed = new LiveFeed(liveUrl(location.href), {
      onMessage: (message) => this.#take(message),
      onOpen: () => this.#opened(),
    });
    this.#ticker = setInterval(() => (this.now = Date.now()), 500);
  }

  close(): void {
    this.#feed?.close();
    clearInterval(this.#ticker);
  }

  /** @returns a function that ends the subscription */
  listen(listener: (message: LiveMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  experiment(name: string): ExperimentView | undefined {
    return this.experiments.find((e) => e.name === name);
  }

  replaceExperiment(view: ExperimentView): void {
    const others = this.experiments.filter((e) => e.id !== view.id && e.name !== view.name);
    this.experiments = [...others, view];
  }

  #opened(): void {
    this.connections = untrack(() => this.connections) + 1;
    api.services().then(
      (services) => this.#remember(services.map((s) => [s.name, s.points] as const)),
      (error: unknown) => notify('bad', `The history of the services is missing. ${explain(error)}`),
    );
  }

  #take(message: LiveMessage): void {
    this.heardAt = this.now = Date.now();
    if (message.type === 'overview') {
      this.services = message.services;
      this.experiments = message.experiments;
      this.proxies = message.proxies;
      this.#remember(message.services.map((s) => [s.name, s.point ? [s.point] : []] as const));
    }
    if (message.type === 'experiment') this.replaceExperiment(message.experiment);
    for (const listener of this.#listeners) listener(message);
  }

  #remember(more: readonly (readonly [string, readonly ServicePoint[]])[]): void {
    const history = { ...this.history };
    for (const [name, points] of more) history[name] = mergePoints(history[name] ?? [], points, KEEP_MS);
    this.history = history;
  }
}

export const mesh = new Mesh();

/** The sentences that stand above the numbers. Made from the numbers only. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { ProxyView, ServiceView } from '../../contracts/live.ts';
import type { HaltResult } from '../../contracts/api.ts';
import { isRunning } from './phases.ts';

function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** What a person who has two seconds should know. The worst comes first. */
export function meshSentence(
  services: readonly Pick<ServiceView, 'name' | 'health'>[],
  experiments: readonly Pick<ExperimentView, 'phase'>[],
  proxies: readonly Pick<ProxyView, 'sync' | 'connected'>[],
): string {
  const parts: string[] = [];
  const named = (health: ServiceView['health']): string[] =>
    services.filter((s) => s.health === health).map((s) => s.name);
  const failing = named('failing');
  const degraded = named('degraded');
  // A name is never the first word: it would be capitalised, and names are written as they are.
  if (failing.length > 0) parts.push(`failing: ${list(failing)}`);
  if (degraded.length > 0) parts.push(`degraded: ${list(degraded)}`);
  if (services.length === 0) parts.push('No service is declared yet');
  else if (parts.length === 0) {
    const quiet = named('unknown').length;
    if (quiet === services.length) parts.push('No service has traffic');
    else parts.push(quiet > 0 ? 'Every service with traffic is healthy' : 'Every service is healthy');
  }
  const running = experiments.filter(isRunning).length;
  parts.push(
    running === 0
      ? 'no experiment is running'
      : `${plural(running, 'experiment')} ${running === 1 ? 'is' : 'are'} running`,
  );
  const off = proxies.filter((p) => p.sync !== 'ACKED').length;
  const gone = proxies.filter((p) => !p.connected).length;
  if (off > 0) parts.push(`${plural(off, 'proxy', 'proxies')} ${off === 1 ? 'is' : 'are'} out of sync`);
  if (gone > 0) parts.push(`${plural(gone, 'proxy', 'proxies')} ${gone === 1 ? 'is' : 'are'} not connected`);
  const sentence = parts.join('; ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

export function haltSentence({ experiments, proxies, tookMs }: HaltResult): string {
  const what = experiments.length === 0 ? 'Nothing was running' : `Stopped ${list(experiments)}`;
  return `${what}; all traffic is on the baseline on ${plural(proxies, 'proxy', 'proxies')}, in ${Math.ceil(tookMs)} ms.`;
}

/** What promoting now would do, and how much of it is proved. */
export function promoteConsequence(view: ExperimentView): string {
  return `All traffic of ${view.service} goes to ${view.candidate}. ${provedSoFar(view)}`;
}

export function provedSoFar(view: ExperimentView): string {
  const safe = view.judgement.metrics.filter((m) => m.verdict === 'PASS').length;
  const proved = `${safe} of ${plural(view.judgement.metrics.length, 'metric')} ${safe === 1 ? 'is' : 'are'} proved safe so far`;
  return `The verdict is ${view.verdict}: ${proved}.`;
}

const WAITS = {
  after: 'Waits for its turn',
  approval: 'Waits for approval',
  window: 'Waits for its window',
  others: 'Waits for the others',
  resume: 'Paused',
  webhook: 'Waits for a webhook',
} as const;

/** What keeps a run where it is although its evidence would let it go on; null: nothing does. */
export function waitLabel({ waitsFor, pausedBy }: Pick<ExperimentView, 'waitsFor' | 'pausedBy'>): string | null {
  if ((pausedBy ?? null) !== null) return WAITS.resume;
  return waitsFor ? WAITS[waitsFor] : null;
}

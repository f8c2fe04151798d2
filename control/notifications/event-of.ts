/** Which entries of a journal are told to others, and as what. Pure. */
import type { JournalEntry } from '../../contracts/experiment.ts';
import type { NotificationEvent, NotificationEventType, NotificationSpec } from '../../contracts/notification.ts';
import { STATE_KEY } from '../../experiments/journal-types.ts';
import type { EntryType } from '../../experiments/journal-types.ts';
import type { Story } from '../../experiments/story.ts';

/** null: it is nobody's business, or said by another entry. */
const EVENT_OF: Readonly<Record<EntryType, NotificationEventType | null>> = {
  declared: 'started',
  measuring: 'step',
  step: 'step',
  switch: 'step',
  'faults-over': 'step',
  approved: 'step',
  answered: 'step',
  unpaused: 'step',
  watching: 'step',
  'watch-over': 'step',
  waiting: 'waiting',
  held: 'waiting',
  paused: 'waiting',
  'no-traffic': 'no-data',
  'no-data': 'no-data',
  verdict: 'verdict',
  promote: 'verdict',
  'moved-back': 'verdict',
  aborted: 'aborted',
  refused: 'trouble',
  failing: 'trouble',
  promoted: 'ended',
  'rolled-back': 'ended',
  'not-started': 'ended',
  damaged: 'ended',
  joined: null,
  resumed: null,
  done: null,
  checkpoint: null,
};

/** What does not change over a run. */
export type About = {
  readonly experiment: string;
  readonly kind: string;
  readonly service: string;
  readonly baseline: string;
  readonly candidate: string;
};

export function aboutOf({ run: { document }, terms }: Story): About {
  const { service, baseline, candidate } = terms;
  return { experiment: document.metadata.name, kind: document.kind, service, baseline, candidate };
}

/** @param entries - of one run, written together: one that carries no state stands before the one that does */
export function eventsOf(entries: readonly JournalEntry[], about: About): readonly NotificationEvent[] {
  return entries.flatMap((entry, i) => {
    const event = EVENT_OF[entry.type as EntryType] ?? null;
    if (event === null) return [];
    const { phase, verdict } = standingAt(entries.slice(i));
    const { experimentId: run, seq, at, type: decision, message } = entry;
    return [{ id: `${run}-${seq}`, event, at, run, ...about, phase, verdict, decision, message }];
  });
}

function standingAt(entries: readonly JournalEntry[]): { readonly phase: string; readonly verdict: string } {
  const bearer = entries.find((entry) => STATE_KEY in entry.data);
  const state = bearer?.data[STATE_KEY] as { phase?: unknown; verdict?: unknown } | undefined;
  if (typeof state?.phase === 'string' && typeof state.verdict === 'string')
    return { phase: state.phase, verdict: state.verdict };
  return { phase: 'rolled-back', verdict: 'INCONCLUSIVE' }; // a journal that is damaged has no state
}

export function isWanted(
  { events, services, experiments }: Pick<NotificationSpec, 'events' | 'services' | 'experiments'>,
  { event, service, experiment }: Pick<NotificationEvent, 'event' | 'service' | 'experiment'>,
): boolean {
  return events.includes(event) && (services?.includes(service) ?? true) && (experiments?.includes(experiment) ?? true);
}

/** Notifications: programs of others, and people in their chats, that are told what experiments decide. They change nothing. */
import { z } from 'zod';
import { RECEIVER_KEYS, receiverIssues } from './receiver.ts';
import { Duration, Name } from './units.ts';

/** What can be told, and what it means. */
export const NOTIFICATION_EVENTS = {
  started: 'an experiment is declared',
  step: 'it moves on: a step, a switch, faults that begin or end, an approval, a webhook that answers',
  waiting: 'it waits for a person, a window, a webhook or other experiments, or is paused',
  'no-data': 'it lacks requests, or reports of proxies',
  verdict: 'PASS, FAIL or INCONCLUSIVE; a promotion that is decided, or taken back',
  aborted: 'a person, or the halt, has ended it',
  trouble: 'something that was decided fails, or is refused',
  ended: 'it is over: promoted, rolled back, never started, or its journal is damaged',
} as const satisfies Record<string, string>;

export type NotificationEventType = keyof typeof NOTIFICATION_EVENTS;

const EVENT_TYPES = Object.keys(NOTIFICATION_EVENTS) as readonly NotificationEventType[];

const Names = z.array(Name).min(1).optional();

export const NotificationSpec = z
  .strictObject({
    format: z.enum(['slack', 'cloudevents', 'json']).meta({
      description:
        'slack: an incoming webhook of Slack, or of what takes its messages (Mattermost, Rocket.Chat, Discord with /slack); ' +
        'cloudevents: CloudEvents 1.0 over HTTP, structured mode; json: the data of the event alone',
    }),
    ...RECEIVER_KEYS,
    events: z
      .array(z.enum(EVENT_TYPES))
      .min(1)
      .prefault(EVENT_TYPES.filter((type) => type !== 'step'))
      .meta({
        description: `Which of ${EVENT_TYPES.join(', ')}; default: all but step`,
      }),
    services: Names.meta({ description: 'Only experiments on these services' }),
    experiments: Names.meta({ description: 'Only experiments of these names' }),
    retryFor: Duration.refine((ms) => ms >= 1_000 && ms <= 168 * 3_600_000, 'between 1s and 168h')
      .prefault('6h')
      .meta({
        description:
          'How long a receiver that does not answer is tried; then the message is given up, and that is said',
      }),
  })
  .superRefine((spec, context) => {
    for (const { path, message } of receiverIssues(spec)) context.addIssue({ code: 'custom', path, message });
  });
export type NotificationSpec = z.output<typeof NotificationSpec>;

/** What is told: made once, when the decision is journalled, so that every attempt to send it says the same. */
export const NotificationEvent = z.object({
  /** `<run>-<seq>`: of one entry of one journal, whoever is told, and however often. */
  id: z.string(),
  event: z.enum(EVENT_TYPES),
  at: z.string(),
  experiment: z.string(),
  run: z.string(),
  kind: z.string(),
  service: z.string(),
  baseline: z.string(),
  candidate: z.string(),
  phase: z.string(),
  verdict: z.string(),
  /** The type of the journal's entry, and its sentence. */
  decision: z.string(),
  message: z.string(),
});
export type NotificationEvent = z.output<typeof NotificationEvent>;

/** How a message to one receiver stands, for the page of the experiment. */
export const DeliveryView = z.object({
  notification: z.string(),
  experimentId: z.string(),
  /** Of the entry of the journal that it tells of. */
  seq: z.int(),
  /** What the receiver is sent as its id. */
  id: z.string(),
  event: z.enum(EVENT_TYPES),
  state: z.enum(['waiting', 'delivered', 'given-up']),
  /** Attempts so far. */
  attempts: z.int(),
  /** One line: why the last attempt failed. Empty when there was none, or it succeeded. */
  says: z.string(),
  madeAt: z.string(),
  updatedAt: z.string(),
});
export type DeliveryView = z.output<typeof DeliveryView>;

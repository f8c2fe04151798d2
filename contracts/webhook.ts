/** Webhooks of an experiment: programs of others that are asked before it moves forward, and while it runs. */
import { z } from 'zod';
import { RECEIVER_KEYS, receiverIssues } from './receiver.ts';
import { Duration, Name } from './units.ts';

export const WEBHOOK_POINTS = ['before-start', 'before-step', 'before-promotion', 'during'] as const;

export const ASKING_POINTS = z.enum(WEBHOOK_POINTS).meta({
  description:
    'before-start: nothing is laid over the traffic before it says yes; before-step: before each step towards more ' +
    'exposure (Chaos: before the first fault); before-promotion; during: again and again while the candidate serves ' +
    '(Chaos: while faults are in force)',
});

export const OnNo = z
  .enum(['rollback', 'wait'])
  .optional()
  .meta({
    description:
      'What follows from a no (of a webhook that is asked: 3xx or 4xx). rollback (the default): it ends; wait: it stays ' +
      'where it is, and a later yes lets it go on, until the deadline',
  });

export const Webhook = z
  .strictObject({
    name: Name,
    at: ASKING_POINTS,
    ...RECEIVER_KEYS,
    retries: z.int().min(0).max(10).default(2).meta({
      description: 'After no answer, 408, 425, 429 or 5xx it is asked again so many times, with growing pauses',
    }),
    onNo: OnNo,
    onError: z.enum(['rollback', 'ignore']).default('rollback').meta({
      description: 'When no answer comes after all retries. rollback: INCONCLUSIVE; ignore: it goes on as after a yes',
    }),
    interval: Duration.refine((ms) => ms >= 1_000, 'at least 1s')
      .optional()
      .meta({
        description: 'How often it is asked, during the run or while it waits; default: 10s',
      }),
    metadata: z.record(z.string(), z.string()).default({}).meta({ description: 'Is sent along as it is' }),
  })
  .superRefine((hook, context) => {
    const problem = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    for (const { path, message } of receiverIssues(hook)) problem(path, message);
    if (hook.at === 'during' && hook.onNo === 'wait')
      problem(['onNo'], 'a no during the run ends it; waiting is for webhooks before something');
    if (hook.interval !== undefined && hook.at !== 'during' && hook.onNo !== 'wait')
      problem(['interval'], 'it is asked once; interval is for "at: during" and "onNo: wait"');
  });
export type Webhook = z.output<typeof Webhook>;

export const DEFAULT_INTERVAL_MS = 10_000;

export const Webhooks = z
  .array(Webhook)
  .max(20)
  .refine((all) => new Set(all.map((hook) => hook.name)).size === all.length, 'two webhooks have the same name')
  .prefault([])
  .meta({ description: 'Programs of others that are asked before it moves forward, and while it runs' });

/** Of a kind that promotes nothing. @param path - of the list */
export function neverPromotes(
  hooks: readonly Pick<Webhook, 'at'>[],
  path: readonly PropertyKey[],
): { path: PropertyKey[]; message: string }[] {
  return hooks.flatMap(({ at }, i) =>
    at === 'before-promotion'
      ? [{ path: [...path, i, 'at'], message: 'it would never be asked: nothing is promoted here' }]
      : [],
  );
}

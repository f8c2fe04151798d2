/** Incoming webhooks of an experiment: programs of others that may speak to it, with signed messages. */
import { z } from 'zod';
import { SecretName } from './receiver.ts';
import { Name } from './units.ts';
import { ASKING_POINTS, neverPromotes, OnNo } from './webhook.ts';
import type { Webhook } from './webhook.ts';

export const ACTIONS = ['approve', 'abort', 'promote', 'pause', 'resume'] as const;

/** A gate that nobody is asked at: somebody reports. */
export const Gate = z
  .strictObject({
    name: Name,
    at: ASKING_POINTS,
    onNo: OnNo,
  })
  .refine((gate) => gate.at !== 'during' || gate.onNo !== 'wait', {
    error: 'a no during the run ends it; waiting is for gates before something',
    path: ['onNo'],
  });
export type Gate = z.output<typeof Gate>;

const Sender = z
  .strictObject({
    name: Name,
    signingSecret: SecretName.meta({
      description: 'Its messages are signed with this secret of the control plane (docs/notifications.md)',
    }),
    may: z
      .array(z.enum(ACTIONS))
      .prefault([])
      .meta({ description: 'What it may do, as a person does on the page or the command line' }),
    gates: z.array(Gate).max(20).prefault([]).meta({
      description: 'The run waits at each of these until this sender has reported yes; a no ends it (see onNo)',
    }),
  })
  .refine((sender) => sender.may.length + sender.gates.length > 0, 'it may do nothing; give may, gates or both');

export const Incoming = z
  .array(Sender)
  .max(20)
  .refine((all) => new Set(all.map((sender) => sender.name)).size === all.length, 'two senders have the same name')
  .prefault([])
  .meta({ description: 'Programs of others that may approve, abort and report by signed messages' });
export type Incoming = z.output<typeof Incoming>;

/** @property promotes - whether it ends by a promotion, if all goes well @property actions - those that mean something to it */
type Kind = { readonly promotes: boolean; readonly actions: readonly (typeof ACTIONS)[number][] };
type Issue = { path: PropertyKey[]; message: string };

/** What is wrong with webhooks and senders together, and with what they want of this kind. */
export function hookIssues(
  { webhooks, incoming }: { readonly webhooks: readonly Webhook[]; readonly incoming: Incoming },
  { promotes, actions }: Kind,
): readonly Issue[] {
  const names = new Set(webhooks.map((hook) => hook.name));
  const issues: Issue[] = promotes ? [] : neverPromotes(webhooks, ['webhooks']);
  incoming.forEach(({ may, gates }, i) => {
    if (!promotes) issues.push(...neverPromotes(gates, ['incoming', i, 'gates']));
    may.forEach((action, j) => {
      if (!actions.includes(action))
        issues.push({ path: ['incoming', i, 'may', j], message: `there is nothing to ${action} here` });
    });
    gates.forEach(({ name }, j) => {
      if (names.has(name))
        issues.push({ path: ['incoming', i, 'gates', j, 'name'], message: `another webhook or gate is "${name}" too` });
      names.add(name);
    });
  });
  return issues;
}

const Reason = z.string().max(1_000).optional();
/** Of the run that is meant; without it the last of the name. */
const RunId = z.string().max(100).optional();

/** POST incoming: what a sender says. */
export const IncomingBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.enum(ACTIONS), reason: Reason, run: RunId }),
  z.strictObject({
    action: z.literal('report'),
    gate: z.string().max(100),
    answer: z.enum(['yes', 'no']),
    reason: Reason,
    run: RunId,
  }),
]);
export type IncomingBody = z.output<typeof IncomingBody>;

/** @property repeated - this message was taken before, and changes nothing now */
export const IncomingAnswer = z.object({
  repeated: z.boolean(),
  run: z.string(),
  phase: z.string(),
  verdict: z.string(),
  reason: z.string(),
});
export type IncomingAnswer = z.output<typeof IncomingAnswer>;

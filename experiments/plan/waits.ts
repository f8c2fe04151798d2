/** What an experiment will wait for besides its evidence, in words. Nobody knows how long that takes, so no duration counts it. Pure. */
import type { Freeze, PromotionWindow } from '../../contracts/promotion-windows.ts';
import type { Incoming } from '../../contracts/incoming.ts';
import type { Webhook } from '../../contracts/webhook.ts';
import { hasCalendar } from '../opening.ts';

type Waiting = {
  readonly approval?: boolean;
  readonly steps?: readonly { readonly approval: boolean }[];
  readonly webhooks: readonly Webhook[];
  readonly incoming: Incoming;
  readonly windows?: readonly PromotionWindow[];
  readonly freezes?: readonly Freeze[];
  readonly after: readonly string[];
  readonly together?: readonly string[];
};

/** @param approved - what `approval` of the document is about */
export function waitsOf(spec: Waiting, approved = 'the promotion'): string[] {
  const { windows = [], freezes = [], after, together = [] } = spec;
  const steps = (spec.steps ?? []).flatMap((step, i) => (step.approval ? [`step ${i + 1}`] : []));
  const toApprove = [...steps, ...(spec.approval ? [approved] : [])];
  return [
    ...(after.length > 0 ? [`it starts when these have passed: ${after.join(', ')}`] : []),
    ...(together.length > 0 ? [`it is released together with ${together.join(', ')}`] : []),
    ...(toApprove.length > 0 ? [`it waits for a person to approve ${toApprove.join(', ')}`] : []),
    ...(spec.webhooks.length > 0
      ? [`it asks webhooks: ${spec.webhooks.map((w) => `${w.name} (${w.at})`).join(', ')}`]
      : []),
    ...spec.incoming.flatMap(({ name, gates }) =>
      gates.length > 0
        ? [`it waits for reports of ${name}: ${gates.map((g) => `${g.name} (${g.at})`).join(', ')}`]
        : [],
    ),
    ...(hasCalendar({ windows, freezes }) ? ['it moves forward only in its windows and outside of its freezes'] : []),
  ];
}

/** Whose answers a run waits for: webhooks that are asked, and gates that a sender of the document reports at. Pure. */
import type { Webhook } from '../contracts/webhook.ts';
import type { Terms } from './story.ts';

export type Hook = Pick<Webhook, 'name' | 'at' | 'onNo' | 'onError' | 'interval'> & {
  /** null: nobody is asked, `by` reports. */
  readonly webhook: Webhook | null;
  readonly by: string | null;
};

const NONE: readonly Hook[] = [];

/** In the order of the document, webhooks first. */
export function hooksOf({ webhooks = [], incoming = [] }: Pick<Terms, 'webhooks' | 'incoming'>): readonly Hook[] {
  if (webhooks.length + incoming.length === 0) return NONE;
  const asked = webhooks.map((webhook): Hook => ({ ...webhook, webhook, by: null }));
  const reported = incoming.flatMap(({ name: by, gates }) =>
    gates.map((gate): Hook => ({ ...gate, onError: 'rollback', webhook: null, by })),
  );
  return [...asked, ...reported];
}

/** Tells the application who asks, in a field that nobody outside can set. */
import { CONTINUE } from '../plan/plan.ts';
import type { Filter } from './filter.ts';

/** Envoy's name for it, and its form: By=<ours>;URI=<the caller's>. */
const FIELD = 'x-forwarded-client-cert';

export const clientIdentity: Filter = {
  role: 'client-identity',
  why: 'on the way in always, also where nobody has proven an identity: what the caller wrote there is taken out',
  build: () => ({
    request: (exchange) => {
      const { peer } = exchange.downstream.host;
      const edits = exchange.requestEdits();
      if (peer) edits.set(FIELD, peer.forwarded);
      else edits.remove(FIELD);
      return CONTINUE;
    },
  }),
};

/** On the way in there is one version to ask: the one that the sidecar stands beside. */
import { CONTINUE } from '../plan/plan.ts';
import type { Filter } from './filter.ts';

export const local: Filter = {
  role: 'local',
  why: 'above balancing, which chooses among the endpoints of the version that stands here',
  build: ({ stable }) => ({
    request: (exchange) => {
      exchange.version = stable;
      return CONTINUE;
    },
  }),
};

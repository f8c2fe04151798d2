/** Reads the goals that a service reports in a header of its answer, for the arm and the group of the request's key. */
import { KeyedCounters } from '../arms/keyed-counters.ts';
import { readGoals } from '../arms/goal-header.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const goals: Filter = {
  role: 'goals',
  why: 'beneath assignment, which decides the arm; above retry, so that only the answer that the user gets counts',
  build: ({ overlay }) => {
    const keyed = overlay?.keyed;
    if (!keyed || keyed.split.goals.names.length === 0) return NOTHING;
    const { header } = keyed.split.goals;
    const names = new Set(keyed.split.goals.names);
    return {
      respond: (exchange, head) => {
        const said = head.get(header);
        if (said === undefined) return;
        // For the test, not for the user: it may say what a sale was worth.
        exchange.responseEdits().remove(header);
        const { arm, keyGroup } = exchange;
        if (arm instanceof KeyedCounters) readGoals(said, names, (name, value) => arm.addGoal(name, keyGroup, value));
      },
    };
  },
};

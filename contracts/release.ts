/** The parts of a document that every experiment which may release a version shares. */
import { z } from 'zod';
import { Match } from './match.ts';
import { Duration, Percent, PPM_PER_PERCENT } from './units.ts';

export const Deadline = Duration.prefault('1h').meta({
  description: 'INCONCLUSIVE when no verdict was reached by then',
});

export const Approval = z.boolean().default(false).meta({
  description: 'A person must approve the promotion (of a BlueGreen: the switch)',
});

export const ApprovalTimeout = Duration.optional().meta({
  description: 'Rolled back, INCONCLUSIVE, when nobody has approved for so long; default: until the deadline',
});

export const Lease = Duration.prefault('10s').meta({
  description: 'A proxy that has not heard from the control plane for this long is back on the baseline',
});

export const Measure = Duration.prefault('10s').meta({
  description: 'How long the baseline is measured before the first step',
});

export const Watch = z
  .strictObject({ for: Duration.prefault('30s'), maxErrors: Percent.default(5 * PPM_PER_PERCENT) })
  .prefault({})
  .meta({
    description:
      'After promotion: how long the new stable version is watched, and the error rate (percent) at which it is moved back',
  });

export const OnInconclusive = z.enum(['rollback', 'promote', 'hold']).default('rollback').meta({
  description: 'rollback; promote; or hold: stay at the last step until a person decides or the deadline comes',
});

function isOfSome({ path, methods, headers = {}, query = {} }: Match): boolean {
  const isPath = path !== undefined && path.prefix !== '/';
  return isPath || methods !== undefined || Object.keys(headers).length + Object.keys(query).length > 0;
}

export const Preview = Match.refine(isOfSome, {
  error:
    'every request would be a preview and go to the candidate; name a header, a query parameter or a path of testers',
})
  .optional()
  .meta({
    description:
      "Requests that always go to the candidate, from the first step on: testers'. They are counted apart and not compared",
  });

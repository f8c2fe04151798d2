/** Guards: limits that are kept in every release, whatever its metrics are; each ends it at once. */
import { z } from 'zod';
import { Percent, PPM_PER_PERCENT } from './units.ts';

const OFF = z.literal(false);

export const Guards = z.strictObject({
  sampleRatio: z.boolean().default(true).meta({
    description:
      'INCONCLUSIVE when requests are not divided as the weight says; not kept with sticky, where requests of one user count together',
  }),
  throughput: z
    .union([
      OFF,
      z.strictObject({
        min: Percent.default(50 * PPM_PER_PERCENT).meta({
          description: "Of the requests that it is given; the baseline's own part is taken off",
        }),
      }),
    ])
    .prefault({})
    .meta({ description: 'FAIL when the candidate answers fewer requests than this' }),
  saturation: z
    .union([
      OFF,
      z.strictObject({
        ratio: z.number().gt(1).default(5).meta({ description: 'In flight, share for share, for ten seconds' }),
      }),
    ])
    .prefault({})
    .meta({ description: "FAIL when so many times the baseline's requests pile up in the candidate" }),
  errors: z
    .union([OFF, z.strictObject({ max: Percent.default(5 * PPM_PER_PERCENT) })])
    .prefault({})
    .meta({
      description:
        "FAIL when the candidate fails more of its requests (percent); never below twice the baseline's present rate",
    }),
});
export type Guards = z.output<typeof Guards>;

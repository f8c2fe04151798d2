/** What tells users apart: a header, or a cookie, which a client without it may be given. */
import { z } from 'zod';
import { Duration } from './units.ts';

export const UserKey = z
  .strictObject({
    header: z.string().toLowerCase().optional(),
    cookie: z.string().optional(),
    give: Duration.optional().meta({
      description:
        'A client without the cookie is given one for so long; an ABTest counts it as a user when it comes back with it',
    }),
  })
  .refine((key) => (key.header === undefined) !== (key.cookie === undefined), 'give exactly one of header, cookie')
  .refine((key) => key.give === undefined || (key.cookie !== undefined && key.give >= 1_000), {
    error: 'only a cookie can be given, for a second or longer',
    path: ['give'],
  });
export type UserKey = z.output<typeof UserKey>;

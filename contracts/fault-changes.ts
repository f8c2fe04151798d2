/** What a fault changes in messages: header fields of either, the body of the answer. */
import { z } from 'zod';
import { FieldChanges } from './header-changes.ts';

const Changes = FieldChanges.omit({ add: true });

export const HeaderChanges = z
  .strictObject({ request: Changes.optional(), response: Changes.optional() })
  .refine((h) => h.request !== undefined || h.response !== undefined, 'give request, response, or both');

export const BodyChange = z
  .strictObject({
    replace: z.string().optional().meta({ description: 'The body that is sent instead' }),
    patch: z.record(z.string(), z.json()).optional().meta({
      description: 'A JSON merge patch (RFC 7396) for the body; bodies that are not JSON objects are left alone',
    }),
    maxBytes: z
      .int()
      .min(1)
      .max(16 * 1024 * 1024)
      .default(1024 * 1024)
      .meta({ description: 'A larger body is left alone: it is held in memory to be changed' }),
  })
  .refine((b) => (b.replace === undefined) !== (b.patch === undefined), 'give exactly one of replace, patch');

export type HeaderChanges = z.output<typeof HeaderChanges>;
export type BodyChange = z.output<typeof BodyChange>;

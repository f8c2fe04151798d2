/** Which requests: the same matcher serves routes, faults and experiments. */
import { z } from 'zod';

function compilesAsRegex(source: string): boolean {
  try {
    return new RegExp(source).source.length > 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export const Regex = z
  .string()
  .max(1_000)
  .refine(compilesAsRegex, { error: (issue) => `"${String(issue.input)}" is not a regular expression` })
  .meta({ description: 'A regular expression that must match the whole value' });

function exactlyOne(value: object): boolean {
  return Object.values(value).filter((v) => v !== undefined).length === 1;
}

export const StringMatch = z
  .strictObject({
    exact: z.string().optional(),
    prefix: z.string().optional(),
    regex: Regex.optional(),
    present: z.boolean().optional().meta({ description: 'true: must be there; false: must not be there' }),
  })
  .refine(exactlyOne, 'give exactly one of exact, prefix, regex, present');

export const PathMatch = z
  .strictObject({
    exact: z.string().startsWith('/').optional(),
    prefix: z
      .string()
      .startsWith('/')
      .optional()
      .meta({ description: 'matches whole path segments: /api matches /api and /api/x, not /apix' }),
    regex: Regex.optional(),
  })
  .refine(exactlyOne, 'give exactly one of exact, prefix, regex');

export const Match = z
  .strictObject({
    path: PathMatch.optional(),
    methods: z
      .array(z.string().regex(/^[A-Z]+$/, 'a method is written in capitals, such as GET'))
      .min(1)
      .optional(),
    headers: z.record(z.string().toLowerCase(), StringMatch).optional(),
    query: z.record(z.string(), StringMatch).optional(),
  })
  .meta({ description: 'All that is named must match; an empty match takes every request' });

export type StringMatch = z.output<typeof StringMatch>;
export type PathMatch = z.output<typeof PathMatch>;
export type Match = z.output<typeof Match>;

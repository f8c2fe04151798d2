/** What may be changed in the header of a message, by a route or by a fault. */
import { z } from 'zod';

/** Names that steer framing and connections: to change them would break the proxy's own hop, not the service. */
const RESERVED = /^(?:connection|content-length|transfer-encoding|upgrade|keep-alive|te|trailer|host|via|expect)$/;

export const FieldName = z
  .string()
  .toLowerCase()
  .regex(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/, "a header name holds letters, digits and !#$%&'*+-.^_`|~ only")
  .refine((name) => !RESERVED.test(name), {
    error: (issue) => `${String(issue.input)} steers the connection itself and cannot be changed`,
  });

export const FieldValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value cannot hold line breaks or control characters');

export const FieldChanges = z.strictObject({
  set: z.record(FieldName, FieldValue).default({}).meta({ description: 'Replaces what is there' }),
  add: z.record(FieldName, FieldValue).default({}).meta({ description: 'Goes beside what is there' }),
  remove: z.array(FieldName).default([]),
});

export type FieldChanges = z.output<typeof FieldChanges>;

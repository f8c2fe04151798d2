/** Series from recorded requests (one JSON object a line): `errors` (0 or 1 a request) and `latencyMs`. */
import { z } from 'zod';
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesArm, SeriesByName } from './series-by-name.ts';

const Recorded = z.object({
  arm: z.enum(['baseline', 'candidate']).optional(),
  status: z.int(),
  latencyMs: z.number().optional(),
  attempt: z.int().optional(),
});

/** Retries are left out: they are not independent of the first attempt. */
export function readRequests(file: string, text: string, arm: SeriesArm): SeriesByName {
  const errors: number[] = [];
  const latencies: number[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const request = requestOf(file, line, i + 1);
    if ((request.arm ?? arm) !== arm || (request.attempt ?? 1) > 1) return;
    errors.push(request.status >= 500 || request.status === 0 ? 1 : 0);
    if (request.latencyMs !== undefined) latencies.push(request.latencyMs);
  });
  if (errors.length === 0) throw new SeriesFileError(file, 1, 1, `no request of the arm ${arm} is in this file`);
  return new Map([['errors', errors], ...(latencies.length > 0 ? [['latencyMs', latencies] as const] : [])]);
}

function requestOf(file: string, text: string, line: number): z.output<typeof Recorded> {
  const wrong = new SeriesFileError(
    file,
    line,
    1,
    'this line is no recorded request; it looks like {"arm": "candidate", "status": 200, "latencyMs": 8.1}',
  );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong;
    throw error;
  }
  const parsed = Recorded.safeParse(value);
  if (!parsed.success) throw wrong;
  return parsed.data;
}

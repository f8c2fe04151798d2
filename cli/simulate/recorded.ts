/** Recorded requests, as something to draw answers from. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Answer } from '../../experiments/simulation/arm.ts';
import { UsageError } from '../failure.ts';

export type Recording = {
  readonly baseline: readonly Answer[];
  readonly candidate: readonly Answer[];
  /** Requests in a minute; null when the lines have no times. */
  readonly perMinute: number | null;
  /** Lines that are no recorded request. */
  readonly unreadable: number;
};

const Line = z.object({
  t: z.number().optional(),
  arm: z.enum(['baseline', 'candidate']).default('baseline'),
  status: z.int(),
  latencyMs: z.number().min(0).default(0),
  attempt: z.int().default(1),
});

/** @throws UsageError when the file cannot be read, or holds no request of the baseline */
export async function readRecording(cwd: string, file: string): Promise<Recording> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read`, error instanceof Error ? error.message : 'is the name right?');
  });
  const arms: Record<'baseline' | 'candidate', Answer[]> = { baseline: [], candidate: [] };
  let [first, last, unreadable] = [Infinity, -Infinity, 0];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const request = parse(line);
    if (!request) unreadable++;
    else if (request.attempt === 1) {
      arms[request.arm].push({
        failed: request.status >= 500 || request.status === 0,
        latencyUs: request.latencyMs * 1_000,
      });
      first = Math.min(first, request.t ?? Infinity);
      last = Math.max(last, request.t ?? -Infinity);
    }
  }
  if (arms.baseline.length === 0)
    throw new UsageError(
      `${file} holds no request of the baseline`,
      'a line looks like {"t": 1.5, "arm": "baseline", "status": 200, "latencyMs": 8.1}',
    );
  const requests = arms.baseline.length + arms.candidate.length;
  return { ...arms, perMinute: last > first ? (requests / (last - first)) * 60 : null, unreadable };
}

function parse(line: string): z.output<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

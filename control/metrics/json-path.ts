/** The number at a path such as `$.data.items[0].rate`. */
import type { Measurement } from '../../experiments/ports.ts';

/** Numbers, and texts that are numbers. */
export function numberAt(body: unknown, path: string): Measurement {
  let value = body;
  for (const [, key, index] of path.matchAll(/\.([A-Za-z_][\w-]*)|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) return { value: null, why: `there is nothing at ${path}` };
    value = Object.entries(value).find(([name]) => name === (key ?? index))?.[1];
  }
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isFinite(number) ? { value: number, why: '' } : { value: null, why: `there is no number at ${path}` };
}

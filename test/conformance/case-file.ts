/** Case files: a list of {id, method, input, expected, tolerance}, written by others; ours is to run each and compare. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Input = Readonly<Record<string, unknown>>;

export async function readCaseFile(casesDir: string, file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(casesDir, file), 'utf8')) as Record<string, unknown>;
}

export function number(input: Input, key: string, fallback?: number): number {
  const value = input[key] ?? fallback;
  if (typeof value !== 'number') throw new TypeError(`input.${key} is not a number`);
  return value;
}

export function numbers(input: Input, key: string): number[] {
  const value = input[key];
  if (!Array.isArray(value)) throw new TypeError(`input.${key} is not a list`);
  return value.map(Number);
}

export function text(input: Input, key: string, fallback?: string): string {
  const value = input[key] ?? fallback;
  if (typeof value !== 'string') throw new TypeError(`input.${key} is not a text`);
  return value;
}

export function record(input: Input, key: string): Input {
  const value = input[key];
  if (typeof value !== 'object' || value === null) throw new TypeError(`input.${key} is not an object`);
  return value as Input;
}

/** JSON has no words for these numbers. */
const SPECIAL = new Map<unknown, number>([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['NaN', NaN],
]);

/** The integers of a text such as "integers 1..1000". */
export function range(words: string): number[] {
  const found = /(-?\d+)\s*\.\.\s*(-?\d+)/.exec(words);
  if (!found) throw new TypeError(`"${words}" is not a range`);
  const from = Number(found[1]);
  return Array.from({ length: Number(found[2]) - from + 1 }, (_, i) => from + i);
}

/**
 * Where `actual` differs from `expected` by more than the tolerance. Only the keys of `expected` are looked at; the
 * texts "Infinity", "-Infinity" and "NaN" stand for the numbers.
 * @param toleranceOf - by the top-level key
 */
export function differences(
  actual: unknown,
  expected: unknown,
  toleranceOf: (key: string) => number,
  path = '',
): string[] {
  const key = path.split(/[.[]/)[1] ?? '';
  if (Array.isArray(expected)) {
    const list: unknown[] = Array.isArray(actual) ? actual : [];
    if (list.length !== expected.length)
      return [`${path || 'result'} has ${list.length} of ${expected.length} entries`];
    return expected.flatMap((e, i) => differences(list[i], e, toleranceOf, `${path}[${i}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    const found = (actual ?? {}) as Input;
    return Object.entries(expected).flatMap(([k, e]) => differences(found[k], e, toleranceOf, `${path}.${k}`));
  }
  const want = SPECIAL.get(expected) ?? expected;
  const same =
    typeof want === 'number' && typeof actual === 'number'
      ? Object.is(want, actual) || Math.abs(want - actual) <= toleranceOf(key)
      : want === actual;
  return same ? [] : [`${path || 'result'}: ${String(actual)}, expected ${String(want)}`];
}

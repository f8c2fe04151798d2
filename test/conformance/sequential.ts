/** Runs sequential.json: each case names a method of anytime-valid statistics; an unknown one counts as failed. */
import { differences, range, readCaseFile } from './case-file.ts';
import type { Input } from './case-file.ts';
import type { ConformanceResult } from './result.ts';
import { COUNT_METHODS } from './sequential-counts.ts';
import { MEAN_METHODS } from './sequential-means.ts';
import { MIXTURE_METHODS } from './sequential-mixtures.ts';

type Case = {
  readonly id: string;
  readonly method: string;
  readonly input: Input;
  readonly expected: unknown;
  readonly tolerance: number;
  readonly note?: string;
};

const METHODS = [...COUNT_METHODS, ...MIXTURE_METHODS, ...MEAN_METHODS];

export async function run(casesDir: string): Promise<ConformanceResult> {
  const file = 'sequential.json';
  const { cases } = (await readCaseFile(casesDir, file)) as { readonly cases: readonly Case[] };
  const failures = cases.flatMap((c) => {
    const problem = problemOf(c);
    return problem === undefined ? [] : [`${c.id}: ${problem}`];
  });
  return { file, passed: cases.length - failures.length, total: cases.length, failures };
}

function problemOf(c: Case): string | undefined {
  const method = METHODS.find(([pattern]) => pattern.test(c.method));
  if (!method) return `unknown method "${c.method}"`;
  try {
    const found = differences(method[1](c.input, c.method), evaluated(c), toleranceOf(c));
    return found.length === 0 ? undefined : found.join('; ');
  } catch (error) {
    return `${c.method}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** An expectation may be a formula in n, "3*sqrt(0.5*n*(log(log n)+1.457))": its values for the case's range of n. */
function evaluated({ expected, input }: Case): unknown {
  const { equals } = (typeof expected === 'object' && expected !== null ? expected : {}) as {
    readonly equals?: unknown;
  };
  if (typeof equals !== 'string') return expected;
  const parts = /^([\d.]+)\*sqrt\(([\d.]+)\*n\*\(log\(log n\)\+([\d.]+)\)\)$/.exec(equals);
  if (!parts) throw new TypeError(`the formula "${equals}" is not known`);
  const [outer, inner, add] = parts.slice(1).map(Number);
  const value = (n: number): number =>
    (outer ?? NaN) * Math.sqrt((inner ?? NaN) * n * (Math.log(Math.log(n)) + (add ?? NaN)));
  return range(String(input['n'])).map(value);
}

/** A case may give one key of its result a tolerance of its own in its note: "CI (tolerance 1e-4)". */
function toleranceOf({ tolerance, note = '' }: Case): (key: string) => number {
  const own = /\b(\w+) \(tolerance ([\d.e+-]+)\)/i.exec(note);
  return (key) => (own?.[1]?.toLowerCase() === key.toLowerCase() ? Number(own[2]) : tolerance);
}

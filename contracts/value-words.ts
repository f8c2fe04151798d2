/** Words for a value of the wrong type or size, where a schema gives none of its own. Pure. */
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
};

/** For `safeParse`: zod asks it where the schema itself has no message. @returns undefined: zod's own words */
export function valueWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return wrongType(TYPES[issue.expected] ?? issue.expected, issue.input);
  if (issue.code === 'too_small') return tooSmall(issue.origin, String(issue.minimum), issue.inclusive ?? true);
  if (issue.code === 'too_big') return tooBig(issue.origin, String(issue.maximum), issue.inclusive ?? true);
  return undefined;
}

function wrongType(wanted: string, found: unknown): string {
  if (found === null || found === undefined) return `nothing stands where ${wanted} belongs`;
  if (typeof found === 'object') return `a ${Array.isArray(found) ? 'list' : 'map'} stands where ${wanted} belongs`;
  return `${JSON.stringify(found)} stands where ${wanted} belongs${hintFor(wanted, found)}`;
}

function hintFor(wanted: string, found: unknown): string {
  if (wanted === 'a text') return '; put it in quotes';
  if (wanted === 'a list') return '; write it in brackets, or below with a dash';
  const isText = typeof found === 'string' && found.trim() !== '';
  return wanted.endsWith('number') && isText && Number.isFinite(Number(found)) ? '; write it without quotes' : '';
}

function tooSmall(origin: string, least: string, inclusive: boolean): string {
  if (origin === 'array') return least === '1' ? 'the list is empty' : `the list needs at least ${least} entries`;
  if (origin === 'string') return least === '1' ? 'the text is empty' : `the text needs at least ${least} characters`;
  return `it must be ${inclusive ? 'at least' : 'above'} ${least}`;
}

function tooBig(origin: string, most: string, inclusive: boolean): string {
  if (origin === 'array') return `the list may have at most ${most} entries`;
  if (origin === 'string') return `the text may have at most ${most} characters`;
  return `it must be ${inclusive ? 'at most' : 'below'} ${most}`;
}

/** Where two answers to one request differ, by path. Pure. */
import type { ComparedAnswer, ComparedBody } from '../../contracts/comparison.ts';
import { elementOf, isTable, memberOf } from './json-path.ts';
import type { PathRule } from './json-path.ts';

/**
 * `value`: the same kind of thing with another value. `shape`: one lacks it, it has another type, or a list has
 * another length. They are told apart because a value that always differs (a time) would hide that it is gone.
 */
export const ASPECTS = ['value', 'shape'] as const;
export type Aspect = (typeof ASPECTS)[number];

export type DiffRules = {
  /** These paths are not looked at. */
  readonly ignored: PathRule;
  /** Lists at these paths are compared whatever their order. */
  readonly unordered: PathRule;
};

/** What two answers show at one path. */
export type Seen = {
  /** undefined: this aspect was not there to compare. */
  readonly differs: { readonly value?: boolean; readonly shape?: boolean };
  /** Of the first difference, as text. */
  readonly left?: string;
  readonly right?: string;
};

export type Comparison = ReadonlyMap<string, Seen>;

const MAX_DEPTH = 64;
/** Fields of one answer; what is beyond is not compared. */
const MAX_PATHS = 2_000;
const ABSENT = Symbol('absent');

export function compareAnswers(left: ComparedAnswer, right: ComparedAnswer, rules: DiffRules): Comparison {
  const found = new Found(rules);
  found.value('status', left.status, right.status);
  // Without an answer on one side there are no fields: the status says so, and the rest would only repeat it.
  if (left.status === 0 || right.status === 0) return found.paths;
  const names = new Set([...Object.keys(left.headers), ...Object.keys(right.headers)]);
  for (const name of names)
    compare(found, memberOf('headers', name), own(left.headers, name), own(right.headers, name), 0);
  compareBodies(found, left.body, right.body);
  return found.paths;
}

function compareBodies(found: Found, left: ComparedBody, right: ComparedBody): void {
  if (left.kind === 'json' && right.kind === 'json') compare(found, 'body', left.value, right.value, 0);
  else if (left.kind !== right.kind) found.shape('body', words(left), words(right));
  else if (left.kind === 'bytes' && right.kind === 'bytes') found.value('body', left.digest, right.digest);
}

function words(body: ComparedBody): string {
  return { none: 'no body', json: 'JSON', bytes: 'a body that is not read as JSON' }[body.kind];
}

function compare(found: Found, path: string, left: unknown, right: unknown, depth: number): void {
  if (found.ignores(path)) return;
  if (kindOf(left) !== kindOf(right)) found.shape(path, left, right);
  else if (Array.isArray(left) && Array.isArray(right)) compareLists(found, path, left, right, depth);
  else if (isObject(left) && isObject(right)) compareObjects(found, path, left, right, depth);
  else found.value(path, left, right);
}

function compareObjects(
  found: Found,
  path: string,
  left: Record<string, unknown>,
  right: Record<string, unknown>,
  depth: number,
): void {
  if (depth >= MAX_DEPTH) return found.value(path, canonical(left), canonical(right));
  found.shape(path, 'object', 'object');
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const table = isTable(names);
  for (const name of names)
    compare(found, memberOf(path, table ? undefined : name), own(left, name), own(right, name), depth + 1);
}

/** Lists of different length differ in that; which elements belong together cannot be told. */
function compareLists(
  found: Found,
  path: string,
  left: readonly unknown[],
  right: readonly unknown[],
  depth: number,
): void {
  if (left.length !== right.length) return found.shape(path, `${left.length} elements`, `${right.length} elements`);
  if (depth >= MAX_DEPTH) return found.value(path, canonical(left), canonical(right));
  found.shape(path, 'list', 'list');
  const [a, b] = found.takesAsSet(path) ? [sorted(left), sorted(right)] : [left, right];
  a.forEach((element, i) => compare(found, elementOf(path), element, b[i], depth + 1));
}

function sorted(list: readonly unknown[]): readonly unknown[] {
  return list
    .map((element) => ({ element, key: canonical(element) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ element }) => element);
}

/** JSON with the members of objects in order of their names. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(own(value, name))}`).join(',')}}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === ABSENT) return 'absent';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : ABSENT;
}

class Found {
  readonly paths = new Map<string, Seen>();
  readonly #rules: DiffRules;

  constructor(rules: DiffRules) {
    this.#rules = rules;
  }

  ignores(path: string): boolean {
    return this.#rules.ignored(path);
  }

  takesAsSet(path: string): boolean {
    return this.#rules.unordered(path);
  }

  value(path: string, left: unknown, right: unknown): void {
    this.#note(path, 'shape', false, left, right);
    this.#note(path, 'value', left !== right, left, right);
  }

  shape(path: string, left: unknown, right: unknown): void {
    this.#note(path, 'shape', left !== right, left, right);
  }

  #note(path: string, aspect: Aspect, differs: boolean, left: unknown, right: unknown): void {
    if (this.#rules.ignored(path)) return;
    const before = this.paths.get(path);
    if (!before && this.paths.size >= MAX_PATHS) return;
    const known = before?.differs[aspect];
    if (known === true || (known === false && !differs)) return;
    const values = differs ? { left: shown(left), right: shown(right) } : {};
    this.paths.set(path, { ...values, ...before, differs: { ...before?.differs, [aspect]: differs } });
  }
}

const LONGEST_EXAMPLE = 80;

function shown(value: unknown): string {
  if (value === ABSENT) return 'absent';
  const text = typeof value === 'string' ? value : canonical(value);
  return text.length > LONGEST_EXAMPLE ? `${text.slice(0, LONGEST_EXAMPLE)}…` : text;
}

/**
 * The filter of a tap: `status >= 500 and path ^= "/pay"`. Grammar, loosest first: or (||), and (&&), not (!), brackets,
 * comparisons. What it cannot read it says in words, with the place.
 */
import { nearest } from './nearest.ts';
import { DURATION_FIELDS, FLAG_FIELDS, isSecret, NUMBER_FIELDS, TEXT_FIELDS } from './tap-fields.ts';
import type { NumberField, TapSubject, TextField } from './tap-fields.ts';
import { tokensOf } from './tap-tokens.ts';
import type { Token } from './tap-tokens.ts';
import { parseDuration } from './units.ts';

export type TapPredicate = (request: TapSubject) => boolean;
/** `at`: from 0, in the text of the filter. */
export type TapFilterError = { readonly at: number; readonly message: string };
export type TapFilter =
  { readonly ok: true; readonly matches: TapPredicate } | { readonly ok: false; readonly error: TapFilterError };

export const MAX_FILTER_LENGTH = 1_000;
const MAX_DEPTH = 40;

const FIELDS: readonly string[] = [...TEXT_FIELDS, ...NUMBER_FIELDS, ...DURATION_FIELDS, ...FLAG_FIELDS, 'header'];
const TEXT_OPERATORS = ['==', '=', '!=', '^=', '$=', '*='] as const;
const NUMBER_OPERATORS = ['==', '=', '!=', '<', '<=', '>', '>='] as const;
type TextOperator = (typeof TEXT_OPERATORS)[number];
type NumberOperator = (typeof NUMBER_OPERATORS)[number];

/** @param text - empty: every request */
export function parseTapFilter(text: string): TapFilter {
  if (text.length > MAX_FILTER_LENGTH) {
    return {
      ok: false,
      error: { at: MAX_FILTER_LENGTH, message: `a filter has at most ${MAX_FILTER_LENGTH} characters` },
    };
  }
  if (text.trim() === '') return { ok: true, matches: () => true };
  const tokens = tokensOf(text);
  if (!Array.isArray(tokens)) return { ok: false, error: tokens };
  try {
    return { ok: true, matches: new Parser(tokens).parse() };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, error: { at: error.at, message: error.message } };
    throw error;
  }
}

/** Leaves the parser from any depth; never leaves this file. */
class Unreadable extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): TapPredicate {
    const whole = this.#either();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw new Unreadable(rest.at, `"${rest.value}" comes unexpected; join with and, or`);
    return whole;
  }

  #either(): TapPredicate {
    const all = [this.#both()];
    while (this.#takes('||', 'or')) all.push(this.#both());
    return all.length === 1 ? (all[0] ?? never) : (request) => all.some((one) => one(request));
  }

  #both(): TapPredicate {
    const all = [this.#single()];
    while (this.#takes('&&', 'and')) all.push(this.#single());
    return all.length === 1 ? (all[0] ?? never) : (request) => all.every((one) => one(request));
  }

  #single(): TapPredicate {
    if (++this.#depth > MAX_DEPTH) throw new Unreadable(this.#peek().at, 'brackets and nots are too deep');
    const found = this.#takes('!', 'not')
      ? negated(this.#single())
      : this.#takes('(')
        ? this.#closed()
        : this.#comparison();
    this.#depth--;
    return found;
  }

  #closed(): TapPredicate {
    const inner = this.#either();
    if (!this.#takes(')')) throw new Unreadable(this.#peek().at, 'a closing ) is missing');
    return inner;
  }

  #comparison(): TapPredicate {
    const field = this.#take();
    const name = field.value;
    if (field.kind !== 'word')
      throw new Unreadable(field.at, field.kind === 'end' ? 'a field is missing' : `a field comes here, not "${name}"`);
    const flag = FLAG_FIELDS.find((f) => f === name);
    if (flag) return (request) => request.flag(flag);
    if (name === 'header') return this.#header();
    const text = TEXT_FIELDS.find((f) => f === name);
    if (text) return this.#text((request) => request.text(text), text);
    if (name === 'status') return this.#status();
    const number = [...NUMBER_FIELDS, ...DURATION_FIELDS].find((f) => f === name);
    if (number) return this.#number(number);
    const hint = nearest(name, FIELDS);
    throw new Unreadable(
      field.at,
      `there is no field "${name}"; ${hint ? `did you mean ${hint}?` : `there are ${FIELDS.join(', ')}`}`,
    );
  }

  #header(): TapPredicate {
    if (!this.#takes('(')) throw new Unreadable(this.#peek().at, 'write header("name")');
    const token = this.#take();
    const name = token.value.toLowerCase();
    if (token.kind !== 'text' && token.kind !== 'word')
      throw new Unreadable(token.at, 'a name comes here: header("x-tenant")');
    if (isSecret(name)) throw new Unreadable(token.at, `${name} is kept secret, and cannot be asked for`);
    if (!this.#takes(')')) throw new Unreadable(this.#peek().at, 'a closing ) is missing');
    return this.#text((request) => request.header(name), 'header');
  }

  #text(of: (request: TapSubject) => string | undefined, field: TextField | 'header'): TapPredicate {
    const operator = this.#operator(TEXT_OPERATORS, field);
    const value = this.#take();
    if (value.kind === 'end' || value.kind === 'operator')
      throw new Unreadable(value.at, `a value for ${field} is missing: ${field} ${operator} "…"`);
    return (request) => compareText(operator, of(request), value.value);
  }

  #status(): TapPredicate {
    const operator = this.#operator(NUMBER_OPERATORS, 'status');
    const value = this.#take();
    const family = /^([1-5])xx$/.exec(value.value)?.[1];
    if (family === undefined) return numeric('status', operator, this.#plain(value, 'status'));
    if (operator !== '==' && operator !== '=' && operator !== '!=') {
      throw new Unreadable(value.at, `status ${operator} wants a number; ${value.value} goes with == and !=`);
    }
    const isIn: TapPredicate = (request) => Math.floor(request.number('status') / 100) === Number(family);
    return operator === '!=' ? negated(isIn) : isIn;
  }

  #number(field: NumberField): TapPredicate {
    const operator = this.#operator(NUMBER_OPERATORS, field);
    const value = this.#take();
    if (field !== 'duration') return numeric(field, operator, this.#plain(value, field));
    const ms = value.kind === 'duration' ? parseDuration(value.value) : undefined;
    if (ms === undefined) throw new Unreadable(value.at, 'duration wants a time with its unit: 250ms, 1.5s');
    return numeric(field, operator, ms);
  }

  #plain(value: Token, field: string): number {
    if (value.kind === 'number') return Number(value.value);
    const classes = field === 'status' ? ', or a class such as 5xx' : '';
    throw new Unreadable(value.at, `${field} wants a number${classes}`);
  }

  #operator<T extends string>(allowed: readonly T[], field: string): T {
    const token = this.#take();
    const found = allowed.find((operator) => operator === token.value);
    if (token.kind === 'operator' && found !== undefined) return found;
    const what = token.kind === 'end' ? 'a comparison is missing' : `"${token.value}" does not compare ${field}`;
    throw new Unreadable(
      token.at,
      `${what}; there are ${allowed.filter((operator) => operator !== ('=' as T)).join(' ')}`,
    );
  }

  #takes(...values: readonly string[]): boolean {
    const token = this.#peek();
    const isIt = (token.kind === 'operator' || token.kind === 'word') && values.includes(token.value);
    if (isIt) this.#next++;
    return isIt;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', value: '', at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }
}

const never: TapPredicate = () => false;

function negated(inner: TapPredicate): TapPredicate {
  return (request) => !inner(request);
}

/** What is not there equals nothing. */
function compareText(operator: TextOperator, actual: string | undefined, wanted: string): boolean {
  switch (operator) {
    case '!=':
      return actual !== wanted;
    case '^=':
      return actual?.startsWith(wanted) === true;
    case '$=':
      return actual?.endsWith(wanted) === true;
    case '*=':
      return actual?.includes(wanted) === true;
    default:
      return actual === wanted;
  }
}

function numeric(field: NumberField, operator: NumberOperator, wanted: number): TapPredicate {
  switch (operator) {
    case '<':
      return (request) => request.number(field) < wanted;
    case '<=':
      return (request) => request.number(field) <= wanted;
    case '>':
      return (request) => request.number(field) > wanted;
    case '>=':
      return (request) => request.number(field) >= wanted;
    case '!=':
      return (request) => request.number(field) !== wanted;
    default:
      return (request) => request.number(field) === wanted;
  }
}

/** Compiles a Match into one predicate over a request head; an empty match costs nothing. */
import type { Match, PathMatch, StringMatch } from '../../contracts/match.ts';
import type { RequestHead } from '../http1/head.ts';

export type Predicate = (head: RequestHead) => boolean;

/** @returns undefined when every request matches */
export function compileMatch(match: Match | undefined): Predicate | undefined {
  if (match === undefined) return undefined;
  const parts: Predicate[] = [];
  if (match.path) parts.push(pathPredicate(match.path));
  if (match.methods) {
    const methods = new Set(match.methods);
    parts.push((head) => methods.has(head.method));
  }
  for (const [name, wanted] of Object.entries(match.headers ?? {})) {
    const test = stringTest(wanted);
    parts.push((head) => test(head.get(name)));
  }
  for (const [name, wanted] of Object.entries(match.query ?? {})) {
    const test = stringTest(wanted);
    parts.push((head) => test(queryValue(head.target, name)));
  }
  if (parts.length <= 1) return parts[0];
  return (head) => {
    for (const part of parts) if (!part(head)) return false;
    return true;
  };
}

export function pathPredicate(path: PathMatch): Predicate {
  if (path.exact !== undefined) {
    const exact = path.exact;
    return (head) => pathOf(head.target) === exact;
  }
  if (path.prefix !== undefined) {
    const prefix = path.prefix.endsWith('/') ? path.prefix.slice(0, -1) : path.prefix;
    return (head) => {
      const path = pathOf(head.target);
      return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
    };
  }
  const regex = new RegExp(`^(?:${path.regex ?? ''})$`);
  return (head) => regex.test(pathOf(head.target));
}

function stringTest(wanted: StringMatch): (value: string | undefined) => boolean {
  const { exact, prefix, regex, present } = wanted;
  if (exact !== undefined) return (value) => value === exact;
  if (prefix !== undefined) return (value) => value?.startsWith(prefix) ?? false;
  if (regex !== undefined) {
    const compiled = new RegExp(`^(?:${regex})$`);
    return (value) => value !== undefined && compiled.test(value);
  }
  return (value) => (value !== undefined) === present;
}

function pathOf(target: string): string {
  const question = target.indexOf('?');
  return question < 0 ? target : target.slice(0, question);
}

function queryValue(target: string, name: string): string | undefined {
  const question = target.indexOf('?');
  if (question < 0) return undefined;
  return new URLSearchParams(target.slice(question + 1)).get(name) ?? undefined;
}

/** The value of a cookie, or undefined. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

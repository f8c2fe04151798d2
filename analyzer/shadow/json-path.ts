/**
 * How the parts of an answer are named: `status`, `headers.etag`, `body.items[].price`. Elements of a list share a
 * name, and so do members whose names are data (ids), so that there are as many names as the answer has kinds of fields.
 */

/** Objects with more members than this are tables, whatever their names look like. */
const MAX_NAMED_MEMBERS = 60;
const LONGEST_NAME = 64;
const PLAIN = /^[\w$-]+$/;
const LOOKS_LIKE_DATA = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|(?=.*\d)[0-9a-f]{12,}|[^@\s]+@[^@\s]+)$/i;

/** Whether the names of this object's members are data themselves. */
export function isTable(names: readonly string[]): boolean {
  return names.length > MAX_NAMED_MEMBERS || (names.length > 0 && names.every((name) => LOOKS_LIKE_DATA.test(name)));
}

/** @param name - of the member; undefined: of any member of a table */
export function memberOf(path: string, name: string | undefined): string {
  if (name === undefined) return `${path}.*`;
  return PLAIN.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name.slice(0, LONGEST_NAME))}]`;
}

export function elementOf(path: string): string {
  return `${path}[]`;
}

export type PathRule = (path: string) => boolean;

/**
 * Rules name a part and all below it: `headers.etag`, `body.items[].id`, `body.meta`; `*` stands for any one name.
 * @returns whether a path is named by one of them
 */
export function pathRule(rules: readonly string[]): PathRule {
  const patterns = rules.map((rule) => {
    const source = rule.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', String.raw`[^.\[]+`);
    return new RegExp(String.raw`^${source}(?:[.\[]|$)`);
  });
  return (path) => patterns.some((pattern) => pattern.test(path));
}

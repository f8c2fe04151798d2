/** Writes a plain value as YAML that a person would have written: short maps on one line, no needless quotes. */

const INLINE_LIMIT = 68;
/** Texts that YAML would read as something else, or that hold its punctuation. */
const NEEDS_QUOTES =
  /^$|^[\s\-?:,[\]{}#&*!|>'"%@`]|[:#]\s|\s#|:$|\s$|[\n\r\t,[\]{}]|^(?:~|null|true|false|yes|no|on|off|y|n)$|^(?!.*\..*\.)[-+]?\.?\d[\da-fox_.:e+-]*$|^[-+]?\.(?:inf|nan)$|^<<$|^=$/i;

/** @param value - JSON: maps, lists, texts, numbers, booleans, null */
export function toYaml(value: unknown): string {
  return `${block(value, 0)}\n`;
}

function block(value: unknown, depth: number): string {
  const inline = flow(value);
  if (!isNested(value) || (depth > 0 && isFlat(value) && inline.length <= INLINE_LIMIT)) return inline;
  const indent = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return value.map((item) => `${indent}- ${block(item, depth + 1).trimStart()}`).join('\n');
  }
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  if (entries.length === 0) return '{}';
  return entries.map(([key, v]) => `${indent}${text(key)}:${child(v, depth)}`).join('\n');
}

function child(value: unknown, depth: number): string {
  const body = block(value, depth + 1);
  return body.includes('\n') || body.startsWith(' ') ? `\n${body}` : ` ${body}`;
}

/** The value on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (isNested(value)) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return `{${entries.map(([key, v]) => `${text(key)}: ${flow(v)}`).join(', ')}}`;
  }
  return typeof value === 'string' ? text(value) : (JSON.stringify(value) ?? 'null');
}

function text(value: string): string {
  return NEEDS_QUOTES.test(value) ? JSON.stringify(value) : value;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A list of scalars or of maps of scalars, or a map of scalars: what stays readable on one line. */
function isFlat(value: object): boolean {
  const items: unknown[] = Object.values(value);
  if (!Array.isArray(value)) return items.every((item) => !isNested(item));
  return items.every((item) => !isNested(item) || (!Array.isArray(item) && isFlat(item)));
}

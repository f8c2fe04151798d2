/**
 * `--map arm=upstream_version,latencyMs=request_time*1000`: how a line of somebody else's JSON access log becomes a
 * recorded request. A source is a field (dots go into objects), with an optional factor.
 */
import type { RecordedRequest } from '../../analyzer/requests/request-judge.ts';
import { UsageError } from '../failure.ts';

const FIELDS = ['t', 'arm', 'status', 'latencyMs', 'share', 'client', 'endpoint', 'attempt'] as const;
type Field = (typeof FIELDS)[number];
const NUMBERS: ReadonlySet<Field> = new Set(['status', 'latencyMs', 'share', 'attempt']);
const WORDS: ReadonlySet<Field> = new Set(['arm', 'client', 'endpoint']);

const ENTRY = /^([A-Za-z]+)=([\w.$@-]+?)(?:([*/])(\d+(?:\.\d+)?))?$/;

/** What the log calls the two arms. */
export type ArmNames = { readonly baseline: string; readonly candidate: string };

/** @returns undefined for a line that is not a request of either arm */
export type FieldMap = (line: Readonly<Record<string, unknown>>) => RecordedRequest | undefined;

/**
 * @param text - undefined: the fields have our names, only the arms have others
 * @throws UsageError when an entry cannot be read, or names a field that is not known
 */
export function parseFieldMap(text: string | undefined, arms: ArmNames): FieldMap {
  const sources = new Map<Field, (line: unknown) => unknown>(FIELDS.map((field) => [field, at(field)]));
  for (const entry of text?.split(',') ?? []) {
    const match = ENTRY.exec(entry.trim());
    const field = FIELDS.find((f) => f === match?.[1]);
    if (!match || !field) {
      throw new UsageError(
        `--map "${entry}" cannot be read`,
        `write FIELD=SOURCE, or FIELD=SOURCE*NUMBER; fields are ${FIELDS.join(', ')}`,
      );
    }
    if (match[3] !== undefined && WORDS.has(field))
      throw new UsageError(`--map "${entry}": ${field} is a name, not a number`, `write ${field}=${match[2] ?? ''}`);
    const factor = match[4] === undefined ? 1 : match[3] === '/' ? 1 / Number(match[4]) : Number(match[4]);
    const read = at(match[2] ?? '');
    // The time is handed back as it came, unless the entry scales it.
    const isNumber = NUMBERS.has(field) || match[3] !== undefined;
    sources.set(field, isNumber ? (line) => scaled(read(line), factor) : read);
  }
  return (line) => {
    const value = (field: Field): unknown => sources.get(field)?.(line);
    const arm = armOf(value('arm'), arms);
    const status = scaled(value('status'), 1);
    if (arm === undefined || status === undefined) return undefined;
    const request: Record<string, unknown> = { t: value('t'), arm, status };
    for (const field of ['latencyMs', 'share', 'attempt'] as const) {
      const number = scaled(value(field), 1);
      if (number !== undefined) request[field] = number;
    }
    for (const field of ['client', 'endpoint'] as const) {
      const name = value(field);
      if (typeof name === 'string' || typeof name === 'number') request[field] = String(name);
    }
    return request as RecordedRequest;
  };
}

/** Reads `a.b.c`; a log that has the dotted name as one key is read too. */
function at(path: string): (line: unknown) => unknown {
  const steps = path.split('.');
  return (line) => {
    if (isObject(line) && path in line) return line[path];
    return steps.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), line);
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Numbers come as text in many logs ("0.012", and "-" for none). */
function scaled(value: unknown, factor: number): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number * factor : undefined;
}

function armOf(value: unknown, arms: ArmNames): RecordedRequest['arm'] | undefined {
  if (value === 'baseline' || value === arms.baseline) return 'baseline';
  if (value === 'candidate' || value === arms.candidate) return 'candidate';
  return undefined;
}

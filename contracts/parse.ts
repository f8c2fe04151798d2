/**
 * From the text of a YAML (or JSON) file to checked documents. A problem names the file, line and column, the path
 * in the document, what is wrong, and, for an unknown key, the nearest key that exists.
 */
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document as YamlDocument, Node, ParsedNode } from 'yaml';
import type { z } from 'zod';
import { API_VERSION, KINDS, SCHEMAS } from './document.ts';
import type { Document, Kind, SourceDocument } from './document.ts';
import type { Problem } from './errors.ts';
import { nearest } from './nearest.ts';
import { valueWords } from './value-words.ts';

/** A document with the text it came from, so that later checks can name its lines. */
export type Located = {
  readonly document: Document;
  readonly source: SourceDocument;
  readonly file: string;
  /** The line and column of the key or value at a path of the document (or of its nearest ancestor). */
  readonly locate: (path: readonly PropertyKey[]) => { readonly line: number; readonly column: number };
};

export type Parsed = {
  readonly documents: readonly Located[];
  readonly problems: readonly Problem[];
  /** Keys of documents that are not valid. */
  readonly broken: readonly string[];
};

/** Parses all documents of a file. Never throws for what is in the text. */
export function parseFile(file: string, text: string): Parsed {
  const lines = new LineCounter();
  const documents: Located[] = [];
  const problems: Problem[] = [];
  const broken: string[] = [];
  const yamlDocuments = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  if ('empty' in yamlDocuments && yamlDocuments.length === 0) {
    return {
      documents,
      broken: [],
      problems: [{ file, line: 1, column: 1, path: '', message: 'the file holds no document' }],
    };
  }
  for (const yaml of yamlDocuments) {
    for (const error of yaml.errors) {
      const at = lines.linePos(error.pos[0]);
      problems.push({
        file,
        line: at.line,
        column: at.col,
        path: '',
        message: (error.message.split(' at line ')[0] ?? error.message).trim(),
      });
    }
    if (yaml.errors.length > 0 || yaml.contents === null || isEmptyScalar(yaml.contents)) continue;
    const locate = (path: readonly PropertyKey[]): { line: number; column: number } => positionOf(yaml, path, lines);
    const source = toSource(yaml);
    if (source instanceof ReferenceError) {
      problems.push({ file, ...locate([]), path: '', message: source.message });
      continue;
    }
    const checked = checkDocument(source);
    if (checked.ok) documents.push({ document: checked.document, source: source as SourceDocument, file, locate });
    else {
      broken.push(keyOfAny(source));
      problems.push(
        ...checked.issues.map((i) => ({
          file,
          ...positionOf(yaml, i.path, lines, i.atKey),
          path: describePath(source, i.path),
          message: i.message,
        })),
      );
    }
  }
  if (documents.length === 0 && problems.length === 0)
    problems.push({ file, line: 1, column: 1, path: '', message: 'the file holds no document' });
  return { documents, problems, broken };
}

export type Issue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The key itself is wrong, not its value: the position is that of the key. */
  readonly atKey?: true;
};
export type Checked =
  { readonly ok: true; readonly document: Document } | { readonly ok: false; readonly issues: readonly Issue[] };

/** Checks one document that is already an object (from YAML, from the API, from the store). */
export function checkDocument(source: unknown): Checked {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    return {
      ok: false,
      issues: [{ path: [], message: 'a document is a map with apiVersion, kind, metadata and spec' }],
    };
  }
  const { apiVersion, kind } = source as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== API_VERSION) {
    const found =
      apiVersion === undefined ? absent('apiVersion', source) : `apiVersion ${shown(apiVersion)} is not known`;
    return { ok: false, issues: [{ path: ['apiVersion'], message: `${found}; write apiVersion: ${API_VERSION}` }] };
  }
  if (typeof kind !== 'string' || !Object.hasOwn(SCHEMAS, kind)) {
    const hint = typeof kind === 'string' ? nearest(kind, KINDS) : undefined;
    const found = kind === undefined ? absent('kind', source) : `kind ${shown(kind)} is not known`;
    return {
      ok: false,
      issues: [
        { path: ['kind'], message: `${found}; ${hint ? `did you mean ${hint}?` : `kinds are ${KINDS.join(', ')}`}` },
      ],
    };
  }
  const result = SCHEMAS[kind as Kind].safeParse(source, { error: valueWords });
  if (result.success) return { ok: true, document: result.data };
  return { ok: false, issues: result.error.issues.flatMap((issue) => explain(issue, kind as Kind, source)) };
}

/** Of a key of the head; without it no schema is known that would find the misspelt one. */
function absent(key: string, source: object): string {
  const meant = nearest(key, Object.keys(source));
  return meant === undefined ? `${key} is missing` : `${key} is missing ("${meant}" is no such key)`;
}

/** Turns a zod issue into words; an unknown key is reported at its own place with the nearest known one. */
function explain(issue: z.core.$ZodIssue, kind: Kind, source: unknown): Issue[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(SCHEMAS[kind], issue.path);
    return issue.keys.map((key) => {
      const hint = nearest(key, known);
      const rest = known.length > 0 ? `known keys are ${known.join(', ')}` : 'no keys are known here';
      return {
        path: [...issue.path, key],
        message: `unknown key "${key}"; ${hint ? `did you mean "${hint}"?` : rest}`,
        atKey: true,
      };
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    return best.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, kind, source));
  }
  if (issue.code === 'invalid_union')
    return [{ path: issue.path, message: choice(valueAt(source, issue.path), discriminators(issue)) }];
  if (issue.code === 'invalid_value')
    return [{ path: issue.path, message: choice(valueAt(source, issue.path), issue.values.map(String)) }];
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => ({ path: issue.path, message: inner.message }));
  if (issue.code === 'invalid_type' && valueAt(source, issue.path) === undefined) {
    return [{ path: issue.path, message: `${String(issue.path.at(-1) ?? 'a value')} is missing` }];
  }
  return [{ path: issue.path, message: issue.message }];
}

function choice(found: unknown, allowed: readonly string[]): string {
  if (found === undefined) return `missing; it must be one of ${allowed.join(', ')}`;
  const hint = typeof found === 'string' ? nearest(found, allowed) : undefined;
  return `${shown(found)} is not known here; ${hint ? `did you mean "${hint}"?` : `it must be one of ${allowed.join(', ')}`}`;
}

/** A value as it is quoted in a message. */
function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}

function discriminators(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  const { options } = issue as { options?: unknown };
  return Array.isArray(options) ? options.map(String) : [];
}

function valueAt(source: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = source;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** The keys that the schema knows at a path. Walks the schema's own structure; unknown shapes give no keys. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let candidates: z.core.$ZodType[] = [schema];
  for (const step of path) candidates = candidates.flatMap((s) => descend(s, step));
  return [
    ...new Set(
      candidates
        .flatMap((s) => unwrap(s))
        .flatMap((s) => ('shape' in s._zod.def ? Object.keys(s._zod.def.shape as object) : [])),
    ),
  ];
}

function descend(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  return unwrap(schema).flatMap((s) => {
    const def = s._zod.def as {
      shape?: Record<PropertyKey, z.core.$ZodType>;
      element?: z.core.$ZodType;
      valueType?: z.core.$ZodType;
    };
    const next = def.shape?.[step] ?? def.element ?? def.valueType;
    return next ? [next] : [];
  });
}

/** Looks through defaults, optionals, pipes and unions to the schemas that hold keys. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = schema._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType; options?: z.core.$ZodType[] };
  if (def.innerType) return unwrap(def.innerType);
  if (def.in) return unwrap(def.in);
  if (def.options) return def.options.flatMap(unwrap);
  return [schema];
}

function isEmptyScalar(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null;
}

function positionOf(
  yaml: YamlDocument.Parsed,
  path: readonly PropertyKey[],
  lines: LineCounter,
  atKey = false,
): { line: number; column: number } {
  let node: Node | null = yaml.contents;
  let offset = yaml.contents?.range?.[0] ?? yaml.range[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (!pair) break;
      if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value as Node | null;
      if (!atKey && isScalar(node) && node.range && path.at(-1) === step) offset = node.range[0];
    } else if (isSeq(node) && typeof step === 'number') {
      node = (node.items[step] as Node | undefined) ?? null;
      if (node?.range) offset = node.range[0];
    } else break;
  }
  const at = lines.linePos(offset);
  return { line: at.line, column: at.col };
}

function describePath(source: unknown, path: readonly PropertyKey[]): string {
  const { kind, metadata } = (source ?? {}) as { kind?: unknown; metadata?: { name?: unknown } };
  const name = typeof metadata === 'object' && metadata !== null ? metadata.name : undefined;
  const head = typeof kind === 'string' ? `${kind}/${typeof name === 'string' ? name : '?'}` : 'document';
  const tail = path
    .map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`))
    .join('')
    .replace(/^\./, '');
  return tail === '' ? head : `${head} ${tail}`;
}

/** An alias that leads nowhere, or to too much, shows only when the document is read out. */
function toSource(yaml: YamlDocument.Parsed): unknown {
  try {
    return yaml.toJS() as unknown;
  } catch (error) {
    if (error instanceof ReferenceError) return error;
    throw error;
  }
}

/** `Kind/name` of what may not be a document at all. */
function keyOfAny(source: unknown): string {
  const { kind, metadata } = (source ?? {}) as { kind?: unknown; metadata?: { name?: unknown } | null };
  return `${String(kind)}/${String(metadata?.name)}`;
}

/** One problem as a line: `file:line:column: path: message`. */
export function formatProblem(p: Problem): string {
  return `${p.file}:${p.line}:${p.column}: ${p.path === '' ? '' : `${p.path}: `}${p.message}`;
}

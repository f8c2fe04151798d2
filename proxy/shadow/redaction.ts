/**
 * What of an answer may leave the proxy. Named fields become digests under a key that never leaves it: whether two values
 * are equal can still be told, what they are cannot. A body that cannot be read as JSON is a digest as a whole.
 */
import { createHmac } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { ComparedAnswer, ComparedBody } from '../../contracts/comparison.ts';
import type { CapturedAnswer } from './capture.ts';

/** Of the digest; enough that two values of one field do not meet by chance. */
const DIGEST_CHARACTERS = 16;
/** A document that is nested deeper is not looked into. */
const MAX_DEPTH = 64;
/** They speak of one connection, or of how the body was carried; the body itself is compared. */
const NOT_COMPARED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'trailer',
  'date',
  'via',
]);

const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

export class Redaction {
  readonly #names: ReadonlySet<string>;
  readonly #parameter: RegExp;
  readonly #key: Buffer;
  readonly #maxBodyBytes: number;

  /** @param names - lower case @param key - a secret of this process */
  constructor(names: readonly string[], key: Buffer, maxBodyBytes: number) {
    this.#names = new Set(names);
    this.#parameter = parameterOf(names);
    this.#key = key;
    this.#maxBodyBytes = maxBodyBytes;
  }

  answer({ status, fields, body, bodyCut, latencyMs }: CapturedAnswer): ComparedAnswer {
    const kept = new Map<string, string>();
    for (const [name, value] of fields) {
      if (NOT_COMPARED.has(name)) continue;
      const shown = this.#names.has(name) ? this.#digest(value) : this.#text(value);
      const before = kept.get(name);
      kept.set(name, before === undefined ? shown : `${before}, ${shown}`);
    }
    const headers = Object.fromEntries(kept);
    const coding = fields.find(([name]) => name === 'content-encoding')?.[1];
    return { status, headers, body: this.#body(body, bodyCut, coding), latencyUs: Math.round(latencyMs * 1_000) };
  }

  #body(body: Buffer, cut: boolean, coding: string | undefined): ComparedBody {
    if (body.length === 0 && !cut) return { kind: 'none' };
    const json = cut ? undefined : this.#json(body, coding);
    if (json) return { kind: 'json', value: json.value };
    return { kind: 'bytes', digest: this.#digest(body), bytes: body.length, cut };
  }

  #json(body: Buffer, coding: string | undefined): { readonly value: unknown } | undefined {
    try {
      const decode = coding === undefined ? undefined : DECODERS[coding.toLowerCase()];
      const plain = decode ? decode(body, { maxOutputLength: this.#maxBodyBytes }) : body;
      return { value: this.#redacted(JSON.parse(plain.toString('utf8')), 0) };
    } catch {
      // Not JSON, or not in the coding that it names: only its digest goes up.
      return undefined;
    }
  }

  #redacted(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return this.#digest(JSON.stringify(value));
    if (Array.isArray(value)) return value.map((item: unknown) => this.#redacted(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]: [string, unknown]) => [
        name,
        this.#names.has(name.toLowerCase()) ? this.#digest(JSON.stringify(member)) : this.#redacted(member, depth + 1),
      ]),
    );
  }

  /** A link may carry what the field of the same name would: `location: /next?token=…`. */
  #text(text: string): string {
    if (!text.includes('=')) return text;
    return text.replace(this.#parameter, (_, before: string, value: string) => `${before}${this.#digest(value)}`);
  }

  #digest(data: string | Buffer): string {
    const hex = createHmac('sha256', this.#key).update(data).digest('hex');
    return `redacted:${hex.slice(0, DIGEST_CHARACTERS)}`;
  }
}

/** `name=value` in a query, a cookie or a list of parameters. */
function parameterOf(names: readonly string[]): RegExp {
  if (names.length === 0) return /(?!)/g;
  const any = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`)).join('|');
  return new RegExp(String.raw`((?:^|[?&;,\s])(?:${any})="?)([^&;,\s"#]+)`, 'gi');
}

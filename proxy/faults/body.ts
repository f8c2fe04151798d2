/** Body: another one in its place, or a JSON merge patch of it. What is too large, or no JSON object, passes as it is. */
import type { BodyChange } from '../../contracts/fault-changes.ts';
import type { BodyFilter, BodySink } from '../body-filter.ts';
import type { FaultKind } from './kind.ts';

export const body: FaultKind = ({ body: spec }) =>
  spec && {
    type: 'body',
    respond: (exchange, head, fault) => {
      if (head.contentLength > spec.maxBytes) return;
      exchange.filterBody(new BodyReplacement(spec, () => fault.act(exchange, 'body')));
    },
  };

class BodyReplacement implements BodyFilter {
  readonly keepsLength = false;
  readonly #spec: BodyChange;
  readonly #mayChange: () => boolean;
  #parts: Buffer[] = [];
  #bytes = 0;
  #passing = false;

  constructor(spec: BodyChange, mayChange: () => boolean) {
    this.#spec = spec;
    this.#mayChange = mayChange;
  }

  onData(bytes: Buffer, sink: BodySink): boolean {
    if (this.#passing) return sink.write(bytes);
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#spec.maxBytes) return true;
    this.#passing = true;
    const held = Buffer.concat(this.#parts);
    this.#parts = [];
    return sink.write(held);
  }

  onEnd(sink: BodySink): void {
    if (!this.#passing) {
      const original = Buffer.concat(this.#parts);
      const other = changed(original, this.#spec);
      sink.write(other !== undefined && this.#mayChange() ? other : original);
    }
    sink.end();
  }

  cancel(): void {
    this.#parts = [];
  }
}

/** @returns undefined when it is left alone */
function changed(original: Buffer, { replace, patch }: BodyChange): Buffer | undefined {
  if (replace !== undefined) return Buffer.from(replace);
  let value: unknown;
  try {
    value = JSON.parse(original.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isObject(value)) return undefined;
  return Buffer.from(JSON.stringify(mergePatch(value, patch)));
}

/** RFC 7396: null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

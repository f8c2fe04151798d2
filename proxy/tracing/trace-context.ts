/** Which trace a request belongs to: W3C Trace Context and B3 are understood; W3C is written, and B3 where it came. */
import type { Head } from '../http1/head.ts';

export type TraceContext = {
  /** 32 hex digits, lower case, not all 0. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** The caller's decision; undefined where it made none. */
  readonly sampled: boolean | undefined;
  readonly format: 'w3c' | 'b3';
};

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const B3_SINGLE = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d]))?(?:-[0-9a-f]{16})?$/;
const B3_TRACE = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const B3_SPAN = /^[0-9a-f]{16}$/;
const ONLY_ZEROS = /^0+$/;

/** @returns undefined when the head names no trace, or not in a form that is right */
export function traceContextOf(head: Head): TraceContext | undefined {
  return w3c(head.get('traceparent')) ?? b3Single(head.get('b3')) ?? b3Multi(head);
}

/** W3C Trace Context, 3.2: version 00 has four parts; a later version may have more; ff and zeros are void. */
function w3c(value: string | undefined): TraceContext | undefined {
  const parts = value === undefined ? null : TRACEPARENT.exec(value);
  if (!parts) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = parts;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1, format: 'w3c' };
}

function b3Single(value: string | undefined): TraceContext | undefined {
  const parts = value === undefined ? null : B3_SINGLE.exec(value.toLowerCase());
  if (!parts) return undefined;
  const [, traceId = '', spanId = '', decision] = parts;
  return b3(traceId, spanId, decision);
}

function b3Multi(head: Head): TraceContext | undefined {
  const traceId = head.get('x-b3-traceid')?.toLowerCase();
  const spanId = head.get('x-b3-spanid')?.toLowerCase();
  if (traceId === undefined || spanId === undefined || !B3_TRACE.test(traceId) || !B3_SPAN.test(spanId))
    return undefined;
  return b3(traceId, spanId, head.get('x-b3-flags') === '1' ? 'd' : head.get('x-b3-sampled'));
}

/** @param decision - `1` and `d` (debug): yes, `0`: no */
function b3(traceId: string, spanId: string, decision: string | undefined): TraceContext | undefined {
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(spanId)) return undefined;
  const sampled = decision === undefined ? undefined : decision === '1' || decision === 'd' || decision === 'true';
  return { traceId: traceId.padStart(32, '0'), spanId, sampled, format: 'b3' };
}

/** B3 may bring a decision without a trace. @returns undefined where there is none */
export function decisionOf(head: Head): boolean | undefined {
  const value = head.get('b3') ?? (head.get('x-b3-flags') === '1' ? 'd' : head.get('x-b3-sampled'));
  if (value === '0' || value === 'false') return false;
  return value === '1' || value === 'd' || value === 'true' ? true : undefined;
}

/**
 * What the endpoint is told: W3C always, and each form of B3 in which the request came, or a service that knows only that
 * one would go on from the caller's span, past ours.
 * @returns fields by name; undefined: to be removed
 */
export function traceFields(
  head: Head,
  { traceId, spanId, sampled }: Pick<TraceContext, 'traceId' | 'spanId'> & { readonly sampled: boolean },
): [name: string, value: string | undefined][] {
  const fields: [string, string | undefined][] = [['traceparent', traceparent(traceId, spanId, sampled)]];
  const decision = sampled ? '1' : '0';
  const short = /^0{16}(?=[0-9a-f]{16}$)/;
  const b3TraceId = traceId.replace(short, '');
  if (head.get('b3') !== undefined) fields.push(['b3', `${b3TraceId}-${spanId}-${decision}`]);
  if (head.get('x-b3-traceid') !== undefined || head.get('x-b3-sampled') !== undefined) {
    fields.push(['x-b3-traceid', b3TraceId], ['x-b3-spanid', spanId], ['x-b3-sampled', decision]);
    fields.push(['x-b3-parentspanid', undefined]);
  }
  return fields;
}

/** The value of `traceparent`. */
export function traceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

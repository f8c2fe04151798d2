/**
 * Judges recorded requests in order, after every one, in constant memory: what the live judge would have decided, and
 * when. Takes NDJSON as bytes, cut anywhere.
 */
import type { JudgeConfig } from '../sequential/judge.ts';
import { parseLine } from './parse-line.ts';
import { fillLine } from './recorded-request.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { concludeRun, countRequest, startRun } from './run.ts';
import type { RequestVerdict, Run } from './run.ts';

export type { DecidedAt, RequestVerdict } from './run.ts';
export type { RecordedRequest } from './recorded-request.ts';

const NEWLINE = 0x0a;

export type RequestJudge = {
  /** Bytes of the recording, in order. @returns true when the verdict is FAIL: nothing after it is looked at */
  readonly push: (chunk: Uint8Array) => boolean;
  /** The same for one request that is an object already. */
  readonly take: (request: RecordedRequest) => boolean;
  /** Ends the recording; a last line without a newline counts. */
  readonly end: () => RequestVerdict;
};

export function startRequestJudge(config: JudgeConfig): RequestJudge {
  const run = startRun(config);
  let rest = new Uint8Array(0);
  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : join(rest, chunk);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      takeLines(run, bytes, end);
      rest = bytes.slice(end);
      return isOver(run);
    },
    take(request) {
      if (isOver(run)) return true;
      run.lines++;
      if (fillLine(run.line, request)) countRequest(run, () => request.t);
      else run.unreadable++;
      return isOver(run);
    },
    end() {
      if (rest.length > 0) takeLines(run, join(rest, Uint8Array.of(NEWLINE)), rest.length + 1);
      rest = new Uint8Array(0);
      return concludeRun(run);
    },
  };
}

function isOver(run: Run): boolean {
  return run.verdict === 'FAIL';
}

const decoder = new TextDecoder();

/** @param end - just after the last newline */
function takeLines(run: Run, bytes: Uint8Array, end: number): void {
  const cursor = { at: 0, value: 0 };
  for (let from = 0; from < end && !isOver(run);) {
    const to = bytes.indexOf(NEWLINE, from);
    takeLine(run, bytes, from, to, cursor);
    from = to + 1;
  }
}

function takeLine(run: Run, bytes: Uint8Array, from: number, to: number, cursor: { at: number; value: number }): void {
  if (isBlank(bytes, from, to)) return;
  run.lines++;
  const known = parseLine(bytes, from, to, run.line, cursor) || fillLine(run.line, parseSlowly(bytes, from, to));
  if (known) countRequest(run, () => timeOf(parseSlowly(bytes, from, to)));
  else run.unreadable++;
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] ?? 0) > 0x20) return false;
  return true;
}

/** @returns undefined for what is not JSON: the caller counts it as unreadable */
function parseSlowly(bytes: Uint8Array, from: number, to: number): unknown {
  try {
    return JSON.parse(decoder.decode(bytes.subarray(from, to)));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function timeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 't' in value ? value.t : null;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

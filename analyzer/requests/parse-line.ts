/**
 * Reads one line of a recording straight from its bytes: several times as fast as JSON.parse, because nothing is
 * built. It understands flat objects of plain numbers and of strings without escapes; the caller gives every other
 * line to JSON.parse.
 */
import { hashBytes, isFailure, toPpm } from './recorded-request.ts';
import type { Line } from './recorded-request.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

const [B, C] = [0x62, 0x63];

/** Where the reader stands, and the number that it read last. One for all lines: see the note at `Line`. */
export type Cursor = { at: number; value: number };

/** Position -1 says "not my kind of line". */
const STUCK = -1;

/** @returns false when the line needs JSON.parse. `line` is then in an undefined state. */
export function parseLine(bytes: Uint8Array, from: number, to: number, line: Line, cursor: Cursor): boolean {
  line.latencyUs = -1;
  line.sharePpm = -1;
  line.client = 0;
  line.endpoint = 0;
  line.attempt = 1;
  let found = 0;
  let at = skipSpace(bytes, from, to);
  if (bytes[at] !== OPEN) return false;
  at++;
  for (;;) {
    at = skipSpace(bytes, at, to);
    if (bytes[at] !== QUOTE) return false;
    const keyFrom = at + 1;
    const keyTo = endOfString(bytes, keyFrom, to);
    if (keyTo === STUCK) return false;
    at = skipSpace(bytes, keyTo + 1, to);
    if (bytes[at] !== COLON) return false;
    at = skipSpace(bytes, at + 1, to);
    if (bytes[at] === QUOTE) {
      const end = endOfString(bytes, at + 1, to);
      if (end === STUCK) return false;
      found |= takeString(bytes, keyFrom, keyTo, at + 1, end, line);
      at = end + 1;
    } else {
      cursor.at = at;
      if (!readNumber(bytes, to, cursor)) return false;
      found |= takeNumber(bytes, keyFrom, keyTo, cursor.value, line);
      at = cursor.at;
    }
    at = skipSpace(bytes, at, to);
    if (bytes[at] === COMMA) at++;
    else return bytes[at] === CLOSE && skipSpace(bytes, at + 1, to) === to && found === (ARM | STATUS);
  }
}

const ARM = 1;
const STATUS = 2;

/** Keys are told apart by length and first letter; a key that is neither is left to the general parser's meaning: ignored. */
function takeString(bytes: Uint8Array, keyFrom: number, keyTo: number, from: number, to: number, line: Line): number {
  if (isKey(bytes, keyFrom, keyTo, 'arm')) {
    const first = bytes[from];
    if (first === C && isKey(bytes, from, to, 'candidate')) line.isCandidate = true;
    else if (first === B && isKey(bytes, from, to, 'baseline')) line.isCandidate = false;
    else return 0;
    return ARM;
  }
  if (isKey(bytes, keyFrom, keyTo, 'client')) line.client = hashBytes(bytes, from, to);
  else if (isKey(bytes, keyFrom, keyTo, 'endpoint')) line.endpoint = hashBytes(bytes, from, to);
  return 0;
}

function takeNumber(bytes: Uint8Array, keyFrom: number, keyTo: number, value: number, line: Line): number {
  if (isKey(bytes, keyFrom, keyTo, 'status')) {
    line.isError = isFailure(value);
    return STATUS;
  }
  if (isKey(bytes, keyFrom, keyTo, 'latencyMs')) line.latencyUs = Math.round(value * 1000);
  else if (isKey(bytes, keyFrom, keyTo, 'share')) line.sharePpm = toPpm(value);
  else if (isKey(bytes, keyFrom, keyTo, 'attempt')) line.attempt = value;
  return 0;
}

function isKey(bytes: Uint8Array, from: number, to: number, key: string): boolean {
  if (to - from !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[from + i] !== key.charCodeAt(i)) return false;
  return true;
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] ?? 0) <= SPACE) at++;
  return at;
}

/** The position of the closing quote; STUCK at an escape. */
function endOfString(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) return STUCK;
  }
  return STUCK;
}

const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i);

/** Digits with at most one dot, at most 15 of them, so that the value is exact; no exponent. */
function readNumber(bytes: Uint8Array, to: number, cursor: Cursor): boolean {
  let at = cursor.at;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  const start = at;
  let digits = 0;
  let value = 0;
  let dot = STUCK;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      value = value * 10 + (byte - DIGIT_0);
      digits++;
    } else if (byte === DOT && dot === STUCK && at > start) dot = at;
    else if (byte === COMMA || byte === CLOSE || byte <= SPACE) break;
    else return false;
  }
  if (digits === 0 || digits > 15 || dot === at - 1) return false;
  if (dot !== STUCK) value /= POWERS[at - dot - 1] ?? 1;
  cursor.at = at;
  cursor.value = isNegative ? -value : value;
  return true;
}

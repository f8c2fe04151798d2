/** How much of what was read is to become text for the parser. */
import { HEAD_LIMITS } from '../http1/head.ts';

/** Up to this size the head's end is not looked for: nearly all of the bytes are head. */
const SMALL_READ_BYTES = 2_048;

export const MAX_HEAD_TEXT = HEAD_LIMITS.headBytes + 4_096;

/** How much of the bytes to read as text: the head where it is here, else as much as a head may have. */
export function headEndIn(bytes: Buffer): number {
  if (bytes.length <= SMALL_READ_BYTES) return bytes.length;
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  return end >= 0 ? Math.min(end + 4, MAX_HEAD_TEXT) : Math.min(bytes.length, MAX_HEAD_TEXT);
}

/**
 * Whether a head that trickles in is to be parsed again: it may be complete, or has doubled. So the cost stays linear.
 * @param seenBytes - without the newest part
 * @param parsedBytes - when it was parsed last
 */
export function isWorthParsing(bytes: Buffer, seenBytes: number, parsedBytes: number): boolean {
  if (bytes.length >= 2 * parsedBytes || bytes.length > HEAD_LIMITS.headBytes) return true;
  return bytes.includes('\r\n\r\n', Math.max(0, seenBytes - 3), 'latin1');
}

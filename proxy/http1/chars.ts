/** Character classes of RFC 9110 and RFC 9112 as one table, indexed by byte. */

/** tchar (RFC 9110 5.6.2): field names, methods. */
export const TOKEN = 1;
/** field-vchar, SP and HTAB (RFC 9110 5.5): field values. */
export const VALUE = 2;
/**
 * What may stand in a request target: visible ASCII without `"#<>\`. RFC 3986 knows neither of ``^`{|}``, but browsers send
 * them as they are in a query, and no parser takes them for a delimiter.
 */
export const TARGET = 4;
/** uri-host of RFC 3986 3.2.2 without brackets: unreserved, sub-delims, percent. */
export const HOST = 8;
export const HEX = 16;
export const DIGIT = 32;

export const CLASS: Uint8Array = new Uint8Array(256);

function mark(characters: string, flag: number): void {
  for (const c of characters) {
    const code = c.charCodeAt(0);
    CLASS[code] = (CLASS[code] ?? 0) | flag;
  }
}

const DIGITS = '0123456789';
const ALPHA = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
mark(DIGITS + ALPHA + "!#$%&'*+-.^_`|~", TOKEN);
mark(DIGITS + ALPHA + '-._~' + "!$&'()*+,;=" + '%', HOST);
mark(DIGITS, DIGIT);
mark(DIGITS + 'abcdefABCDEF', HEX);
for (let code = 0; code < 256; code++) {
  if (code === 9 || (code >= 0x20 && code !== 0x7f)) CLASS[code] = (CLASS[code] ?? 0) | VALUE;
  if (code > 0x20 && code < 0x7f && !'"#<>\\'.includes(String.fromCharCode(code))) {
    CLASS[code] = (CLASS[code] ?? 0) | TARGET;
  }
}

/** Compares a range of a text with a lower-case ASCII word, without making a string. */
export function equalsWord(text: string, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    let c = text.charCodeAt(start + i);
    if (c >= 65 && c <= 90) c |= 0x20;
    if (c !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** The words of a tap's filter, each with its place. */
export type TokenKind = 'word' | 'number' | 'duration' | 'text' | 'operator' | 'end';
export type Token = {
  readonly kind: TokenKind;
  /** Of a text: what stands between the quotes, escapes undone. */
  readonly value: string;
  /** From 0. */
  readonly at: number;
};
export type TokenError = { readonly at: number; readonly message: string };

/** In this order: a longer sign before a shorter one that begins it. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['duration', /\d+(?:\.\d+)?(?:ms|s|m|h)(?![A-Za-z0-9_])/y],
  ['number', /\d+(?:\.\d+)?(?![A-Za-z0-9_.])/y],
  ['operator', /==|!=|<=|>=|\^=|\$=|\*=|&&|\|\||[=<>!()]/y],
  ['word', /[A-Za-z0-9_/][A-Za-z0-9_./:-]*/y],
  ['text', /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y],
];
const BLANKS = /\s*/y;

export function tokensOf(text: string): Token[] | TokenError {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    BLANKS.lastIndex = at;
    BLANKS.test(text);
    at = BLANKS.lastIndex;
    if (at >= text.length) return [...tokens, { kind: 'end', value: '', at }];
    const token = tokenAt(text, at);
    if (!token) return { at, message: unreadable(text, at) };
    tokens.push(token.token);
    at = token.end;
  }
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly end: number } | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    const value = kind === 'text' ? found.slice(1, -1).replace(/\\(.)/g, '$1') : found;
    return { token: { kind, value, at }, end: at + found.length };
  }
  return undefined;
}

function unreadable(text: string, at: number): string {
  const sign = text[at] ?? '';
  if (sign === '"' || sign === "'") return 'the text that begins here has no closing quote';
  if (sign === '&' || sign === '|') return `write ${sign}${sign}, or ${sign === '&' ? 'and' : 'or'}`;
  if (sign === '~') return 'there is no ~; use ^= (begins with), $= (ends with) or *= (contains)';
  return `"${sign}" means nothing here`;
}

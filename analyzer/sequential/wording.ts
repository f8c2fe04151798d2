/** Numbers as a reader of a verdict wants them. */

const grouped = new Intl.NumberFormat('en-US');

/** 5480 -> `5,480`. */
export function count(n: number): string {
  const whole = Math.round(n);
  return Math.abs(whole) < 1_000 ? String(whole) : grouped.format(whole);
}

/** 1234567 -> `1.2e6`; 37.4 -> `37`; 0.0123 -> `0.012`. */
export function evidence(e: number): string {
  if (e >= 1e5) return e.toExponential(1).replace('e+', 'e');
  if (e >= 10) return count(e);
  return String(Number(e.toPrecision(2)));
}

/** Microseconds -> `84.2 ms`. */
export function milliseconds(us: number): string {
  return `${Number((us / 1000).toPrecision(3))} ms`;
}

/** `1 error`, `2 errors`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** 0.005 -> `0.5`: a share in percentage points, or a fraction in percent. */
export function percent(share: number): string {
  return String(Number((share * 100).toPrecision(3)));
}

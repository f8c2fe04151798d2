/** Times and spans as people read them: local clock, 24 hours. */

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** @param at - Unix milliseconds */
export function formatClock(at: number): string {
  return CLOCK.format(at);
}

/** @param at - Unix milliseconds */
export function formatDateTime(at: number): string {
  return `${DAY.format(at)}, ${CLOCK.format(at)}`;
}

/** A span in its two largest units: `8 s`, `2 m 10 s`, `1 h 4 m`. @param ms - a negative span counts as none */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} m` : `${minutes} m ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} m`;
  return `${Math.floor(hours / 24)} d`;
}

/** @param at - Unix milliseconds @param now - Unix milliseconds */
export function formatAgo(at: number, now: number): string {
  return now - at < 5_000 ? 'just now' : `${formatSpan(now - at)} ago`;
}

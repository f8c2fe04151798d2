/** Whether a promotion may happen now, by windows and freezes, and when it may next. Pure: the time is passed in. */
import { DAYS, endOf, startOf } from '../contracts/promotion-windows.ts';
import type { Day, Freeze, PromotionWindow } from '../contracts/promotion-windows.ts';

export type Calendar = { readonly windows: readonly PromotionWindow[]; readonly freezes: readonly Freeze[] };

/** @property says - why it is closed and when it opens; empty while it is open */
export type Opening = { readonly isOpen: boolean; readonly says: string };

const DAY_MS = 86_400_000;
/** How far ahead an opening is looked for. */
const DAYS_AHEAD = 400;

export function hasCalendar({ windows = [], freezes = [] }: Partial<Calendar>): boolean {
  return windows.length > 0 || freezes.length > 0;
}

export function openingAt({ windows = [], freezes = [] }: Partial<Calendar>, now: Date): Opening {
  const calendar = { windows, freezes };
  const freeze = freezeAt(calendar.freezes, now);
  if (!freeze && isWithin(calendar.windows, now)) return { isOpen: true, says: '' };
  const why = freeze ? `frozen until ${freeze.to}${because(freeze)}` : 'outside of its windows';
  const next = nextOpening(calendar, now);
  return { isOpen: false, says: next === undefined ? why : `${why}; it opens ${next}` };
}

function because({ reason }: Freeze): string {
  return reason === undefined ? '' : ` (${reason})`;
}

function isWithin(windows: readonly PromotionWindow[], now: Date): boolean {
  return windows.length === 0 || windows.some((window) => isOpenAt(window, now));
}

/** A window over midnight belongs to the day on which it opens. */
function isOpenAt({ days, from, to, zone }: PromotionWindow, now: Date): boolean {
  const { day, minute } = localOf(now, zone);
  const yesterday = DAYS[(DAYS.indexOf(day) + DAYS.length - 1) % DAYS.length] ?? day;
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  return (days.includes(day) && minute >= from) || (days.includes(yesterday) && minute < to);
}

function freezeAt(freezes: readonly Freeze[], now: Date): Freeze | undefined {
  return freezes.find(({ from, to, zone }) => {
    const { text } = localOf(now, zone);
    return text >= startOf(from) && text < endOf(to);
  });
}

/** Windows open at their `from`, freezes end at their `to`: the first of these moments at which all is open. */
function nextOpening(calendar: Calendar, now: Date): string | undefined {
  const { windows, freezes } = calendar;
  const ends = freezes.map(({ to, zone }) => momentOf(endOf(to), zone));
  const opens = windows.flatMap(({ from, zone }) => {
    const first = freezes.length === 0 ? 8 : DAYS_AHEAD;
    return Array.from({ length: first }, (_, day) => {
      const { text } = localOf(new Date(now.getTime() + day * DAY_MS), zone);
      return momentOf(`${text.slice(0, 10)}T${clock(from)}`, zone);
    });
  });
  const moments = [...ends, ...opens].filter((at) => at > now.getTime()).sort((a, b) => a - b);
  const at = moments.find((moment) => {
    const then = new Date(moment);
    return freezeAt(freezes, then) === undefined && isWithin(windows, then);
  });
  if (at === undefined) return undefined;
  const zone = windows[0]?.zone ?? freezes[0]?.zone ?? 'UTC';
  return `${localOf(new Date(at), zone).text.replace('T', ' ')} (${zone})`;
}

function clock(minutes: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The moment of a local time. In the hour that summer time leaves out, the one an hour later. */
function momentOf(local: string, zone: string): number {
  const [date = '', time = ''] = local.split('T');
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const asUtc = Date.parse(`${date}T00:00Z`) + (hours * 60 + minutes) * 60_000;
  const guess = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(guess, zone);
}

function offsetMs(at: number, zone: string): number {
  return Date.parse(`${localOf(new Date(at), zone).text}Z`) - Math.floor(at / 60_000) * 60_000;
}

type Local = { readonly day: Day; readonly minute: number; readonly text: string };

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function localOf(at: Date, zone: string): Local {
  let format = FORMATS.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    FORMATS.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { weekday = '', year = '', month = '', day = '', hour = '', minute = '' } = parts;
  return {
    day: DAYS.find((name) => name === weekday.toLowerCase()) ?? 'mon',
    minute: Number(hour) * 60 + Number(minute),
    text: `${year.padStart(4, '0')}-${month}-${day}T${hour}:${minute}`,
  };
}

/** When a release may move forward: windows of the week, freezes of the calendar. A rollback never waits. */
import { z } from 'zod';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const Day = z.enum(DAYS);
export type Day = z.output<typeof Day>;

const MINUTES_PER_DAY = 1_440;
const CLOCK = /^(\d{2}):(\d{2})$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$/;

/** @returns minutes since midnight, 0 … 1440, or undefined when the text is no time of the day */
function parseClock(text: string): number | undefined {
  const match = CLOCK.exec(text);
  if (!match) return undefined;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) > 59 || minutes > MINUTES_PER_DAY ? undefined : minutes;
}

/** `09:00`, or `24:00`; becomes minutes since midnight. */
const Clock = z
  .string()
  .refine((text) => parseClock(text) !== undefined, {
    error: (issue) => `"${String(issue.input)}" is not a time of the day; write hours and minutes, such as "09:00"`,
  })
  .transform((text) => parseClock(text) ?? 0);

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const Zone = z
  .string()
  .refine(isZone, { error: (issue) => `"${String(issue.input)}" is not a time zone; write one such as Europe/Berlin` })
  .default('UTC')
  .meta({ description: 'An IANA time zone; its summer time is kept' });

export const PromotionWindow = z
  .strictObject({
    days: z
      .array(Day)
      .min(1)
      .prefault([...DAYS])
      .meta({ description: 'The days on which it opens' }),
    from: Clock.prefault('00:00'),
    to: Clock.prefault('24:00').meta({ description: 'Before `from`: on the next day' }),
    zone: Zone,
  })
  .refine((window) => window.from !== window.to, { error: 'the window is never open', path: ['to'] });
export type PromotionWindow = z.output<typeof PromotionWindow>;

function isLocal(text: string): boolean {
  return LOCAL.test(text) && !Number.isNaN(Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`));
}

const LocalTime = z.string().refine(isLocal, {
  error: (issue) => `"${String(issue.input)}" is not a date; write "2026-12-20" or "2026-12-20T18:00"`,
});

export const Freeze = z
  .strictObject({
    from: LocalTime,
    to: LocalTime.meta({ description: 'A date without a time: to the end of that day' }),
    zone: Zone,
    reason: z.string().max(200).optional(),
  })
  .refine((freeze) => startOf(freeze.from) < endOf(freeze.to), {
    error: 'the freeze ends before it begins',
    path: ['to'],
  });
export type Freeze = z.output<typeof Freeze>;

/** Local times as texts that sort: `2026-12-20T00:00`. */
export function startOf(local: string): string {
  return local.length === 10 ? `${local}T00:00` : local;
}

export function endOf(local: string): string {
  return local.length === 10 ? `${local}T24:00` : local;
}

export const Windows = z.array(PromotionWindow).max(20).prefault([]).meta({
  description: 'A release moves forward only while one of these is open; without any, always. A rollback never waits',
});
export const Freezes = z.array(Freeze).max(50).prefault([]).meta({
  description: 'A release does not move forward in these, whatever the windows say',
});

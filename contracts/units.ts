/**
 * Units at the boundary. People write `250ms`, `2.5` percent and `10%`; inside, everything is an integer
 * whose name carries its unit: milliseconds, and parts per million for shares of traffic.
 */
import { z } from 'zod';

/** One percent in parts per million, the unit of every share of traffic inside (finer than basis points). */
export const PPM_PER_PERCENT = 10_000;
/** The whole, in parts per million. */
export const PPM = 1_000_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Reads a duration such as `250ms`, `2s` or `1h30m`.
 * @returns whole milliseconds, or undefined when the text is not a duration
 */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return Math.round(totalMs);
}

/**
 * Writes a duration the way a person would: the largest units first, no zero parts.
 * @param ms - milliseconds, >= 0
 */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))}s`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1_000);
  for (const [unit, seconds] of [
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const n = Math.floor(rest / seconds);
    rest -= n * seconds;
    if (n > 0) parts.push(`${n}${unit}`);
  }
  return parts.join('');
}

/** A duration as a person writes it; becomes milliseconds. */
export const Duration = z
  .string({ error: 'a duration is a text with a unit, such as 250ms, 2s, 1m30s or 1h' })
  .refine((text) => parseDuration(text) !== undefined, {
    error: (issue) => `"${String(issue.input)}" is not a duration; write a number with a unit: 250ms, 2s, 1m30s, 1h`,
  })
  .transform((text) => parseDuration(text) ?? 0)
  .meta({ description: 'A duration with its unit: 250ms, 2s, 1m30s, 1h', examples: ['250ms', '2s', '1m'] });

const SIZE = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)$/;
const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  GiB: 1_024 ** 3,
};

/** @returns whole bytes, or undefined when the text is not a size such as `64KiB` or `10MB` */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ''] = SIZE.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * (UNIT_BYTES[unit] ?? 0));
}

/** A size as a person writes it; becomes bytes. */
export const Size = z
  .string({ error: 'a size is a text with a unit, such as 64KiB or 10MB' })
  .refine((text) => parseSize(text) !== undefined, {
    error: (issue) => `"${String(issue.input)}" is not a size; write a number with a unit: 512B, 64KiB, 10MB`,
  })
  .transform((text) => parseSize(text) ?? 0)
  .meta({ description: 'A size with its unit: B, kB, MB, GB, KiB, MiB, GiB', examples: ['64KiB', '10MB'] });

/** A share in percent, 0 to 100, fractions allowed (`2.5`); becomes parts per million. */
export const Percent = z
  .number({ error: 'a share is a number in percent, from 0 to 100, such as 5 or 2.5' })
  .min(0, 'a share cannot be below 0 percent')
  .max(100, 'a share cannot be above 100 percent')
  .transform((percent) => Math.round(percent * PPM_PER_PERCENT))
  .meta({ description: 'A share in percent, 0 to 100; fractions are allowed (2.5)' });

/** A relative tolerance written as `10%`; becomes a fraction (0.1). */
export const Tolerance = z
  .string({ error: 'a tolerance is a text such as "10%"' })
  .regex(/^\d+(\.\d+)?%$/, 'a tolerance is a number followed by %, such as "10%"')
  .transform((text) => Number(text.slice(0, -1)) / 100)
  .meta({ description: 'A relative tolerance, such as 10%', examples: ['10%'] });

const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

export type Address = { readonly host: string; readonly port: number };

/**
 * Splits `host:port`; an IPv6 address stands in brackets.
 * @returns undefined when the text is not an address or the port is above 65535
 */
export function parseAddress(text: string): Address | undefined {
  const match = HOST_PORT.exec(text);
  if (!match) return undefined;
  const port = Number(match[2]);
  if (port > 65_535) return undefined;
  const host = match[1] ?? '';
  return { host: host.startsWith('[') ? host.slice(1, -1) : host, port };
}

/** `host:port`, kept as text. */
export const HostPort = z
  .string({ error: 'an address is a text "host:port", such as 127.0.0.1:8080' })
  .refine((text) => parseAddress(text) !== undefined, {
    error: (issue) => `"${String(issue.input)}" is not an address; write host:port, such as 127.0.0.1:8080`,
  })
  .meta({ description: 'host:port; IPv6 in brackets', examples: ['127.0.0.1:8080', '[::1]:8080'] });

/** A name as it stands in metadata, versions and addresses. */
export const Name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, {
    error: (issue) =>
      `"${String(issue.input)}" is not a name; use lower-case letters, digits, "-" and ".", 1 to 63 of them`,
  })
  .meta({ description: 'Lower-case letters, digits, - and ., 1 to 63 characters' });

/** The stretch of time that the charts show. The choice stands in the address (`?window=5m`). */
import type { ExperimentPoint } from '../../contracts/live.ts';

export const WINDOWS = ['1m', '5m', '15m', 'all'] as const;
export type Window = (typeof WINDOWS)[number];
export const DEFAULT_WINDOW: Window = '5m';

const SECONDS: Readonly<Record<Exclude<Window, 'all'>, number>> = { '1m': 60, '5m': 300, '15m': 900 };

/** An unknown window in the address is the default one. */
export function windowOf(text: string | null): Window {
  return WINDOWS.find((w) => w === text) ?? DEFAULT_WINDOW;
}

/**
 * Unix seconds of both ends. A run that is shorter than the window fills the chart.
 * @param endedAt - Unix milliseconds; the end of the run is part of the picture
 */
export function frameOf(
  points: readonly ExperimentPoint[],
  window: Window,
  endedAt: number | null,
): { from: number; to: number } {
  const first = (points[0]?.at ?? 0) / 1_000;
  const last = Math.max((points.at(-1)?.at ?? 0) / 1_000, first + 10);
  const to = endedAt === null ? last : Math.max(last, endedAt / 1_000) + 2;
  return { from: window === 'all' ? first : Math.max(first, to - SECONDS[window]), to };
}

/** How far an e-process has come: its value now, and the highest that it ever was (what decides, and stays decided). */

/** Both are ln of an e-value; 0 is "no evidence either way". */
export type Level = { now: number; peak: number };

export function startLevel(): Level {
  return { now: 0, peak: 0 };
}

export function raise(level: Level, logE: number): void {
  level.now = logE;
  if (logE > level.peak) level.peak = logE;
}

/** Has it ever reached the threshold? By Ville's inequality that happens with probability at most 1/threshold under the null. */
export function reached(level: Level, threshold: number): boolean {
  return level.peak >= Math.log(threshold);
}

/** What people see: the present value, or the peak once that decided. */
export function shownLog(level: Level, threshold: number): number {
  return reached(level, threshold) ? level.peak : level.now;
}

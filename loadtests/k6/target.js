/** Where the load goes: `k6 run -e TARGET=http://127.0.0.1:9901 …`; the default is the shop's gateway (`meshproof up`). */
export const TARGET = __ENV.TARGET || 'http://127.0.0.1:9901';
/** A page whose every service takes part. */
export const PAGE = __ENV.PAGE || '/products/7';
/** An answer that takes longer than this is slow. */
export const SLOW_MS = Number(__ENV.SLOW_MS || 500);
/** Multiplies every duration: 0.1 makes a minute six seconds. */
export const SCALE = Number(__ENV.SCALE || 1);

/** @param {number} seconds @returns {string} k6's form, at least a second */
export function lasting(seconds) {
  return `${Math.max(1, Math.round(seconds * SCALE))}s`;
}

/** @param {{ duration: string }[]} stages @returns {number} all together */
export function secondsOf(stages) {
  return stages.reduce((sum, { duration }) => sum + parseInt(duration, 10), 0);
}

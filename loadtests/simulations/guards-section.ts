/** What `bench:judge` prints of the guards of a release. */
import { GUARDS } from '../../contracts/verdict.ts';
import { falseAlarms, guardDelay } from './guards.ts';
import type { GuardRun } from './guards.ts';
import { table } from './table.ts';

const USUAL: GuardRun = { rps: 100, seconds: 240, medianMs: 50, errorRate: 0.001 };

const HEALTHY: readonly (readonly [string, GuardRun])[] = [
  ['100 requests/s, 50 ms', USUAL],
  ['the same, 5 % errors in both arms', { ...USUAL, errorRate: 0.05 }],
  ['the same, 30 % errors in both arms', { ...USUAL, errorRate: 0.3 }],
  ['20 requests/s, 2 s', { ...USUAL, rps: 20, medianMs: 2_000 }],
  ['50 requests/s, 20 s (long polls)', { ...USUAL, rps: 50, medianMs: 20_000 }],
];

const BAD: readonly (readonly [string, GuardRun])[] = [
  ['all requests fail', { ...USUAL, candidate: { errorRate: 1 } }],
  ['20 % fail', { ...USUAL, candidate: { errorRate: 0.2 } }],
  ['10 % fail', { ...USUAL, candidate: { errorRate: 0.1 } }],
  ['all requests hang', { ...USUAL, candidate: { hangRate: 1 } }],
  ['the same at 1,000 requests/s', { ...USUAL, rps: 1_000, candidate: { hangRate: 1 } }],
  ['20 % hang', { ...USUAL, candidate: { hangRate: 0.2 } }],
  ['20 times as slow', { ...USUAL, rps: 500, candidate: { slower: 20 } }],
  ['a fifth of its requests is missing', { ...USUAL, candidate: { skew: 0.8 } }],
];

/** @param promise - notes what is broken @returns the text */
export function guardsSection(
  seed: number,
  runs: number,
  promise: (what: string, measured: number, limit: number) => string,
): string {
  const healthy = HEALTHY.map(([name, run]) => {
    const alarms = falseAlarms(seed, runs, run);
    const all = Object.values(alarms).reduce((sum, n) => sum + n, 0) / runs;
    return [
      name,
      ...GUARDS.map((g) => alarms[g] ?? 0),
      `${(all * 100).toFixed(2)} %`,
      promise(`guards, ${name}`, all, 0.01),
    ];
  });
  const bad = BAD.map(([name, run]) => {
    const { guard, medianMs } = guardDelay(seed, Math.min(runs, 101), run);
    return [name, guard, Number.isFinite(medianMs) ? `${(medianMs / 1_000).toFixed(1)} s` : 'never'];
  });
  return [
    `Guards: healthy releases of four minutes that they ended, of ${runs} (1, 10, 25, 50 % for a minute each)`,
    table(['release', ...GUARDS, 'together', ''], healthy),
    '',
    'Guards: how soon they end a bad one, no other judge beside them (median; the first minute is at 1 %)',
    table(['candidate', 'guard', 'after'], bad),
  ].join('\n');
}

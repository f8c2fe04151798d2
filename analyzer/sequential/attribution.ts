/**
 * E-process for rare events (errors, very slow requests): on which arm do they fall?
 * Null: the suspect arm's event rate is at most the reference arm's, at every moment. The common rate may drift at
 * will and the shares may change, because each event is judged given that it happened, at the share of its moment.
 */
import { logMeanExp } from '../math/log-mean-exp.ts';

/** Plain data. `logs[j]`: ln of the e-value against "the rate is RATIOS[j] times as high". */
export type Attribution = { readonly kind: 'attribution'; readonly logs: number[] };

/**
 * How many times as high the suspect's rate might be: a uniform prior, dense where detection takes long. The large
 * ratios make three failures in a row enough at a share of 10 %.
 */
export const RATIOS: readonly number[] = [1.2, 1.5, 2, 3, 4.5, 7, 12, 25, 60, 200, 1000];
const LN_RATIOS = RATIOS.map(Math.log);

const PPM = 1_000_000;

export function startAttribution(): Attribution {
  return { kind: 'attribution', logs: RATIOS.map(() => 0) };
}

/**
 * Takes events in. Changes `process`.
 *
 * Given that an event happened while the suspect's share was rho, it fell on the suspect with probability
 * q = rho*b / (1 - rho + rho*b), b the true ratio of rates; under the null b <= 1, so q <= rho. The likelihood ratio
 * of the ratio r > 1 against 1 is r/(1-rho+rho*r) on the suspect and 1/(1-rho+rho*r) on the reference. Its mean
 * under q is (1+q(r-1))/(1+rho(r-1)) <= 1: a supermartingale, and so is the mean over a fixed set of ratios.
 * By Ville's inequality P(it ever reaches 1/alpha) <= alpha. (Wald's ratio with a mixing prior: Robbins 1970.)
 *
 * @param suspectPpm - above 0 and below 1e6
 */
export function addEvents(process: Attribution, suspectPpm: number, onReference: number, onSuspect: number): void {
  const events = onReference + onSuspect;
  if (events === 0) return;
  const { logs } = process;
  const norms = logNorms(suspectPpm);
  for (let j = 0; j < logs.length; j++) {
    logs[j] = (logs[j] ?? 0) + onSuspect * (LN_RATIOS[j] ?? 0) - events * (norms[j] ?? 0);
  }
}

/** ln of the e-value: the mean over the ratios. */
export function attributionLogE(process: Attribution): number {
  return logMeanExp(process.logs);
}

/** The most that one event can add to ln e, at this share: ln(1/rho) in the limit of large ratios. */
export function attributionMaxStep(suspectPpm: number): number {
  return Math.log(PPM / suspectPpm);
}

/** ln(1 - rho + rho*r) for each ratio. Remembered for the last share, because it stays for thousands of requests. */
let remembered: { readonly ppm: number; readonly norms: readonly number[] } = { ppm: -1, norms: [] };
function logNorms(ppm: number): readonly number[] {
  if (remembered.ppm !== ppm) remembered = { ppm, norms: RATIOS.map((r) => Math.log1p((ppm / PPM) * (r - 1))) };
  return remembered.norms;
}

/** The guard on the sample ratio of a release: are requests assigned to the arms as the weight says? */
import { z } from 'zod';
import { SAMPLE_RATIO_EVIDENCE } from '../arms/sample-ratio.ts';
import { eValue } from '../math/log-mean-exp.ts';
import { logBayesFactor } from '../sequential/methods/dirichlet-multinomial.ts';

const PPM = 1_000_000;
/** How near to the weights the alternatives are; with 1,000 their spread is about one percentage point at 10 %. */
const CONCENTRATION = 1_000;

/** Plain data: requests that were assigned, [share in ppm, baseline, candidate]; the highest ln e that was reached. */
export const Split = z.object({
  assigned: z.array(z.tuple([z.number(), z.number(), z.number()])),
  peak: z.number(),
});
export type Split = z.output<typeof Split>;

export const NO_SPLIT: Split = { assigned: [], peak: 0 };

/** Takes requests of one share in. */
export function countAssigned(split: Split, ppm: number, baseline: number, candidate: number): Split {
  if (ppm <= 0 || ppm >= PPM || baseline + candidate === 0) return split;
  const rest = split.assigned.filter(([share]) => share !== ppm);
  const [, b, c] = split.assigned.find(([share]) => share === ppm) ?? [ppm, 0, 0];
  const next: Split['assigned'] = [...rest, [ppm, b + baseline, c + candidate]];
  return { assigned: next, peak: Math.max(split.peak, logEvidence(next)) };
}

/**
 * ln of the e-value against "each request meets the candidate with the probability of its share" (Lindon & Malek 2022), one
 * Bayes factor for each share. At its share each request multiplies one factor, in the mean by 1: so does their product.
 */
function logEvidence(assigned: Split['assigned']): number {
  return assigned.reduce((sum, [ppm, baseline, candidate]) => {
    const shares = [1 - ppm / PPM, ppm / PPM];
    return (
      sum +
      logBayesFactor(
        [baseline, candidate],
        shares,
        shares.map((share) => share * CONCENTRATION),
      )
    );
  }, 0);
}

export function splitEvidence({ peak }: Split): number {
  return eValue(peak);
}

/** Reached with probability at most one in a thousand where the split is as asked for, at whatever look. */
export function isMismatch(split: Split): boolean {
  return split.peak >= Math.log(SAMPLE_RATIO_EVIDENCE);
}

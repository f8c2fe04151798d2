/**
 * Whether a share lies above a limit, valid however often one looks: a mixture of likelihood ratios over shares above
 * the limit. Each is a supermartingale under every share up to the limit, so by Ville's inequality the evidence reaches E
 * with probability at most 1/E where the limit holds.
 */

/** How far the alternatives lie above the limit, as parts of the way from it to 1. */
const ALTERNATIVES = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1];
const MAX_EVIDENCE = 1e300;

/**
 * @param bad - of `all`
 * @param allowed - the limit of the share, 0 … 1; with 0, one is evidence enough
 * @returns e-value against "the share is at most `allowed`"
 */
export function evidenceAbove(bad: number, all: number, allowed: number): number {
  if (allowed >= 1) return 0;
  if (allowed <= 0) return bad > 0 ? MAX_EVIDENCE : 0;
  const good = all - bad;
  const ratios = ALTERNATIVES.map((part) => {
    const share = allowed + part * (1 - allowed);
    const ofGood = good === 0 ? 0 : good * Math.log((1 - share) / (1 - allowed));
    return bad * Math.log(share / allowed) + ofGood;
  });
  const mean = ratios.reduce((sum, log) => sum + Math.exp(Math.min(log, 690)), 0) / ALTERNATIVES.length;
  return Math.min(MAX_EVIDENCE, mean);
}

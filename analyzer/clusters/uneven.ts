/** Do the errors of a version fall on its endpoints as its requests do? If not, an endpoint is bad rather than the version. */
import { logGammaQ } from '../math/gamma.ts';

export type Share = { readonly requests: number; readonly failed: number };

export type Uneven<Name> = {
  /** The endpoint with most errors beyond its share. */
  readonly worst: Name;
  readonly requests: number;
  readonly errors: number;
  readonly allErrors: number;
  readonly endpoints: number;
  /** The variance between endpoints beside the one that chance alone gives; 1 where there is no difference. */
  readonly dispersion: number;
};

const MIN_ERRORS = 8;
/** That even errors look like this, at one look. It is a warning and decides nothing. */
const CHANCE = 1e-4;

/**
 * Pearson's test of equal rates: sum of (errors - expected)^2 / (expected (1 - rate)), chi-squared with one degree of
 * freedom less than endpoints. Its quotient is the index of dispersion.
 * @returns undefined while chance explains the differences, or there are too few errors or endpoints
 */
export function unevenness<Name>(shares: readonly (readonly [Name, Share])[]): Uneven<Name> | undefined {
  const requests = shares.reduce((sum, [, s]) => sum + s.requests, 0);
  const allErrors = shares.reduce((sum, [, s]) => sum + s.failed, 0);
  const rate = allErrors / requests;
  if (shares.length < 2 || allErrors < MIN_ERRORS || rate >= 1) return undefined;
  const scored = shares
    .filter(([, share]) => share.requests > 0)
    .map(([name, share]) => {
      const expected = rate * share.requests;
      return { name, share, excess: share.failed - expected, expected };
    });
  const chiSquared = scored.reduce((sum, { excess, expected }) => sum + excess ** 2 / (expected * (1 - rate)), 0);
  const freedom = scored.length - 1;
  const [worst] = [...scored].sort((a, b) => b.excess - a.excess);
  if (!worst || freedom < 1 || logGammaQ(freedom / 2, chiSquared / 2) > Math.log(CHANCE)) return undefined;
  const { name, share } = worst;
  const seen = { requests: share.requests, errors: share.failed, allErrors, endpoints: scored.length };
  return { worst: name, ...seen, dispersion: chiSquared / freedom };
}

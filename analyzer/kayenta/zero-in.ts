/**
 * Brent's root finder with its stopping rule (R. P. Brent 1973, chapter 4). Kayenta publishes the point where this
 * very iteration stops, up to its tolerance away from the root: another method would not give the same digits.
 */

type Point = { readonly x: number; readonly f: number };

/** @param f - must differ in sign at low and high */
export function zeroIn(f: (x: number) => number, low: Point, high: Point, tolerance: number, maxSteps: number): number {
  let last = low;
  let best = high;
  let other = low;
  if (last.f === 0) return last.x;
  for (let i = 0; i <= maxSteps && best.f !== 0; i++) {
    const previousStep = best.x - last.x;
    if (Math.abs(other.f) < Math.abs(best.f)) [last, best, other] = [best, other, best];
    const least = 2 * Number.EPSILON * Math.abs(best.x) + tolerance / 2;
    const half = (other.x - best.x) / 2;
    if (Math.abs(half) <= least) return best.x;
    const step = atLeast(chooseStep(last, best, other, previousStep, least) ?? half, least);
    last = best;
    const x = best.x + step;
    best = { x, f: f(x) };
    if (Math.sign(best.f) === Math.sign(other.f)) other = last;
  }
  return best.x;
}

/** Secant or inverse quadratic interpolation; undefined when it does not promise more than halving. */
function chooseStep(last: Point, best: Point, other: Point, previousStep: number, least: number): number | undefined {
  if (Math.abs(previousStep) < least || Math.abs(last.f) <= Math.abs(best.f)) return undefined;
  const span = other.x - best.x;
  let p: number;
  let q: number;
  if (last.x === other.x) {
    const ratio = best.f / last.f;
    p = span * ratio;
    q = 1 - ratio;
  } else {
    const r = last.f / other.f;
    const s = best.f / other.f;
    const t = best.f / last.f;
    p = t * (span * r * (r - s) - (best.x - last.x) * (s - 1));
    q = (r - 1) * (s - 1) * (t - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const promising = p < 0.75 * span * q - Math.abs(least * q) / 2 && p < Math.abs((previousStep * q) / 2);
  return promising ? p / q : undefined;
}

function atLeast(step: number, least: number): number {
  return Math.abs(step) >= least ? step : step > 0 ? least : -least;
}

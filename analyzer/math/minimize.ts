/** The smallest value of a function that falls and then rises. */

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Golden-section search. @returns the place and the value of the minimum of f in [low, high] */
export function minimize(f: (x: number) => number, low: number, high: number): { at: number; value: number } {
  let a = low;
  let b = high;
  let left = b - GOLDEN * (b - a);
  let right = a + GOLDEN * (b - a);
  let fLeft = f(left);
  let fRight = f(right);
  for (let i = 0; i < 120; i++) {
    if (fLeft <= fRight) {
      b = right;
      right = left;
      fRight = fLeft;
      left = b - GOLDEN * (b - a);
      fLeft = f(left);
    } else {
      a = left;
      left = right;
      fLeft = fRight;
      right = a + GOLDEN * (b - a);
      fRight = f(right);
    }
  }
  return fLeft <= fRight ? { at: left, value: fLeft } : { at: right, value: fRight };
}

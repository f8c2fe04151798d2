/** What a header of an answer says of goals: `signup`, or `signup=1, revenue=12.50`. */

/** More than this is a mistake, and would drown every other value. */
const MAX_VALUE = 1e9;

/**
 * Tells each goal of the header that the test asks for; what cannot be read is passed over.
 * @param tell - a goal without a value has the value 1
 */
export function readGoals(
  header: string,
  names: ReadonlySet<string>,
  tell: (name: string, value: number) => void,
): void {
  for (const part of header.split(',')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    if (!names.has(name)) continue;
    const text = equals < 0 ? '1' : part.slice(equals + 1).trim();
    const value = text === '' ? NaN : Number(text);
    if (value >= 0 && value <= MAX_VALUE) tell(name, value);
  }
}

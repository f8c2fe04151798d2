/** What a tap's filter may ask of a request. */
export const TEXT_FIELDS = [
  'method',
  'path',
  'host',
  'service',
  'route',
  'version',
  'endpoint',
  'experiment',
  'arm',
  'error',
] as const;
export const NUMBER_FIELDS = ['status', 'attempts', 'faults'] as const;
/** In milliseconds. */
export const DURATION_FIELDS = ['duration'] as const;
export const FLAG_FIELDS = ['shielded'] as const;

export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number] | (typeof DURATION_FIELDS)[number];
export type FlagField = (typeof FLAG_FIELDS)[number];

/** One request, as a filter sees it. */
export type TapSubject = {
  readonly text: (field: TextField) => string | undefined;
  readonly number: (field: NumberField) => number;
  readonly flag: (field: FlagField) => boolean;
  /** @param name - lower case */
  readonly header: (name: string) => string | undefined;
};

/** What is never shown, and cannot be asked for: a filter could find it out letter by letter. */
const SECRET =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-meshproof-fault)$|token|secret|passw|api-?key|signature|session|credential/i;

/** @param name - of a header, or of a parameter in a query */
export function isSecret(name: string): boolean {
  return SECRET.test(name);
}

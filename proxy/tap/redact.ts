/** What of a request may be shown to whoever watches. */
import { isSecret } from '../../contracts/tap-fields.ts';
import type { RequestHead } from '../http1/head.ts';
import { RANGE } from '../http1/head.ts';

export const REDACTED = 'redacted';
/** Of one head: so a tap has a bound, whatever clients send. */
const MAX_FIELDS = 64;
const MAX_VALUE = 256;

/** The target, without the values of parameters whose names sound secret. */
export function shownTarget(target: string): string {
  const question = target.indexOf('?');
  if (question < 0) return target;
  const query = target
    .slice(question + 1)
    .split('&')
    .map(shownParameter);
  return `${target.slice(0, question)}?${query.join('&')}`;
}

function shownParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  return equals >= 0 && isSecret(decoded(parameter.slice(0, equals)))
    ? `${parameter.slice(0, equals)}=${REDACTED}`
    : parameter;
}

/** A name that is no valid encoding stays as it is. */
function decoded(name: string): string {
  return name.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** The fields of a head in their order, names in lower case. */
export function shownFields(head: RequestHead): [string, string][] {
  const fields: [string, string][] = [];
  for (let i = 0; i < Math.min(head.fieldCount, MAX_FIELDS); i++) {
    const at = i * RANGE;
    const name = head.text.slice(head.ranges[at], head.ranges[at + 1]).toLowerCase();
    fields.push([name, isSecret(name) ? REDACTED : head.value(i).slice(0, MAX_VALUE)]);
  }
  return fields;
}

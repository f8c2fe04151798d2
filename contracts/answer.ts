/** Reading answers of the control plane's HTTP API, for whoever calls it. */
import type { ErrorBody } from './errors.ts';
import { ERRORS, MeshproofError } from './errors.ts';

/** Whether a parsed body tells an error with a code that we know. */
export function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  return typeof error === 'object' && error !== null && 'code' in error && Object.hasOwn(ERRORS, String(error.code));
}

/**
 * Lists travel bare, or under their name. The elements are taken as the API's contract has them.
 * @throws MeshproofError INTERNAL when there is no such list
 */
export function listIn<T>(body: unknown, name: string): readonly T[] {
  if (Array.isArray(body)) return body as T[];
  const inner: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (Array.isArray(inner)) return inner as T[];
  throw new MeshproofError('INTERNAL', `the answer holds no list of ${name}`);
}

/** RFC 9110 9.2.1: a safe request changes nothing, so that a second one does no harm. */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

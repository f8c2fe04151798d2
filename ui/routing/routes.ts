/** The pages of the dashboard and their addresses. */

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'experiment'; readonly name: string }
  | { readonly page: 'not-found'; readonly path: string };

export const paths = {
  overview: '/',
  experiment: (name: string) => `/experiments/${encodeURIComponent(name)}`,
} as const;

/** @param path - the pathname of the address. A name that is not valid percent-encoding is no page. */
export function routeOf(path: string): Route {
  if (path === '/') return { page: 'overview' };
  const experiment = /^\/experiments\/([^/]+)\/?$/.exec(path)?.[1];
  if (experiment !== undefined) {
    try {
      return { page: 'experiment', name: decodeURIComponent(experiment) };
    } catch {
      return { page: 'not-found', path };
    }
  }
  return { page: 'not-found', path };
}

/** @param search - the query of an address, with its question mark or empty */
export function paramOf(search: string, key: string): string | null {
  return new URLSearchParams(search).get(key);
}

/** The query with one parameter changed. @param value - null takes it away */
export function withParam(search: string, key: string, value: string | null): string {
  const query = new URLSearchParams(search);
  if (value === null) query.delete(key);
  else query.set(key, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

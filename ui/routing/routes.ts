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

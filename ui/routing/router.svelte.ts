/** Where the reader is: the address is the state, so that a link shows another person the same view. */
import { paramOf, routeOf, withParam } from './routes.ts';

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  readonly route = $derived(routeOf(this.path));

  /** Follows the history and the links of this origin. @returns a function that stops it */
  open(): () => void {
    const stop = new AbortController();
    window.addEventListener('popstate', () => this.#read(), { signal: stop.signal });
    document.addEventListener('click', (event) => this.#clicked(event), { signal: stop.signal });
    return () => stop.abort();
  }

  go(to: string): void {
    history.pushState(null, '', to);
    this.#read();
    window.scrollTo(0, 0);
  }

  param(key: string): string | null {
    return paramOf(this.search, key);
  }

  /** Changes one parameter without a new step in the history. @param value - null takes it away */
  setParam(key: string, value: string | null): void {
    this.search = withParam(this.search, key, value);
    history.replaceState(null, '', this.path + this.search);
  }

  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }

  #clicked(event: MouseEvent): void {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (modified || event.defaultPrevented || !link || link.target !== '' || link.origin !== location.origin) return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    if (link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();

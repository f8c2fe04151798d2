/**
 * Whether a request that changes something comes from where it says. A page in a browser can send a POST to a local
 * port: directly (then it carries the page's Origin), or after rebinding its own name to our address (then Host is
 * that name). Pure.
 */
import { parseAddress } from '../../contracts/units.ts';

export type Caller = { readonly host: string | undefined; readonly origin: string | undefined };

/**
 * @param configuredHost - the host part of the address that the operator gave
 * @returns the reason for refusing, or undefined
 */
export function refuseCaller({ host, origin }: Caller, configuredHost: string): string | undefined {
  const name = host === undefined ? undefined : hostnameOf(host);
  if (name === undefined) return 'the request has no usable Host';
  if (!isAddress(name) && name !== 'localhost' && name !== configuredHost.toLowerCase()) {
    return `Host "${name}" is a name, not an address; ask by address (or as ${configuredHost})`;
  }
  if (origin !== undefined && origin !== `http://${host}`) return `a page of ${origin} may not do this`;
  return undefined;
}

function hostnameOf(host: string): string | undefined {
  return (parseAddress(host)?.host ?? parseAddress(`${host}:80`)?.host)?.toLowerCase();
}

/** A literal address cannot be rebound. */
function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(':');
}

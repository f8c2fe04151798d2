/** Who may talk to the API: no page of another origin, and on loopback no name that was bent to point here (DNS rebinding). Pure. */
import { parseAddress } from '../../contracts/units.ts';

const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

export type Asked = {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly upgrade: boolean;
};

/** @returns why the request is refused, or undefined */
export function refusal({ method, host, origin, upgrade }: Asked, listensOnLoopback: boolean): string | undefined {
  if (listensOnLoopback && !isLoopback(hostOf(host ?? ''))) {
    return `the Host "${host ?? ''}" is not this machine; use 127.0.0.1 or localhost`;
  }
  const reads = !upgrade && READS.has(method);
  if (reads || origin === undefined || (host !== undefined && originHost(origin) === host.toLowerCase()))
    return undefined;
  return origin === 'null' ? 'a page without an origin may not do this' : `a page of ${origin} may not do this`;
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase());
}

function hostOf(host: string): string {
  return parseAddress(host)?.host ?? host.replace(/^\[|\]$/g, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Who may talk to the API: no page of another origin, and on loopback no name that was bent to point here (DNS rebinding). Pure. */
import { parseAddress } from '../../contracts/units.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

export type Asked = {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly upgrade: boolean;
};

/** @returns why the request is refused, or undefined */
export function refusal({ method, host, origin, upgrade }: Asked, listensOnLoopback: boolean): string | undefined {
  if (listensOnLoopback && !LOOPBACK.has(hostOf(host ?? ''))) {
    return `the Host "${host ?? ''}" is not this machine; use 127.0.0.1 or localhost`;
  }
  if (origin !== undefined && origin !== 'null' && (upgrade || !READS.has(method)) && originHost(origin) !== host) {
    return `a page of ${origin} may not do this`;
  }
  if (origin === 'null' && (upgrade || !READS.has(method))) return 'a page without an origin may not do this';
  return undefined;
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

function hostOf(host: string): string {
  return (parseAddress(host)?.host ?? host.replace(/^\[|\]$/g, '')).toLowerCase();
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

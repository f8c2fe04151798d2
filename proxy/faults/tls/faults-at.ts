/** Which faults meet the handshakes of a listener. */
import type { ActiveFault } from '../active-fault.ts';

export type HandshakePlace = { readonly gateway: string } | { readonly service: string; readonly version: string };

export function handshakeFaultsAt(faults: readonly ActiveFault[], place: HandshakePlace): readonly ActiveFault[] {
  return faults.filter(({ spec }) => {
    if (spec.tls === undefined) return false;
    if ('gateway' in place) return spec.tls.gateway === place.gateway;
    const { service, version } = place;
    return spec.tls.gateway === undefined && spec.service === service && (spec.version ?? version) === version;
  });
}

/** Expired certificate: the handshake goes on, with a certificate for the same names whose time was over an hour ago. */
import type { ServerContext } from '../../tls/acceptor.ts';
import { selfSignedTwin } from '../../tls/self-signed.ts';
import type { TlsFaultKind } from './kind.ts';

const HOUR_MS = 3_600_000;
const LIFE_MS = 90 * 24 * HOUR_MS;

export const expiredCertificate: TlsFaultKind = ({ expiredCertificate: spec }) =>
  spec && {
    type: 'tls-expired-certificate',
    meet: (client, { acceptor, acts }) => {
      acts();
      acceptor.accept(client, expired);
    },
  };

/** Made once for each certificate: it does not get any younger. */
function expired(context: ServerContext): ServerContext {
  const overMs = Date.now() - HOUR_MS;
  return { ...context, ...selfSignedTwin(context.cert, new Date(overMs - LIFE_MS), new Date(overMs)) };
}

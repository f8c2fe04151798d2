/** Handshake failure: the client's greeting is answered with a fatal alert, as where no cipher suits both sides. */
import type { Socket } from 'node:net';
import type { TlsFaultKind } from './kind.ts';

/** A record of type alert (21), for TLS 1.2 as all later versions write it: fatal (2), handshake_failure (40). RFC 8446 6. */
const ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 40]);
/** For the greeting to come, and for the client to close. */
const PATIENCE_MS = 10_000;

export const handshakeFailure: TlsFaultKind = ({ handshakeFailure: spec }) =>
  spec && {
    type: 'tls-handshake-failure',
    meet: (client, { acts }) => {
      client.once('data', () => {
        acts();
        // What still comes is read and dropped: closing over unread bytes would reset, and the alert be lost.
        client.end(ALERT);
      });
      untilClosed(client);
    },
  };

function untilClosed(client: Socket): void {
  const close = (): void => void client.destroy();
  client.setTimeout(PATIENCE_MS, close);
  client.once('error', close);
  client.once('end', close);
  client.resume();
}

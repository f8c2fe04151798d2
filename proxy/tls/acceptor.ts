/** Ends TLS for the connections of one listener. New certificates hold for new connections; open ones go on. */
import type { Socket } from 'node:net';
import type { ClientSocket } from '../downstream/host.ts';
import { createServer } from 'node:tls';
import type { SecureContextOptions, Server, TLSSocket } from 'node:tls';

/** What a listener shows to its clients, and what it asks of them. */
export type ServerTls = {
  /** The same while nothing changes. */
  readonly id: string;
  /** undefined: there is no certificate yet; clients are refused. */
  readonly context: SecureContextOptions | undefined;
  readonly asksForCertificate: boolean;
  readonly requiresCertificate: boolean;
  /** Clients may come without TLS too. */
  readonly acceptsPlain?: boolean;
  /** Inside the mesh: who the client is; undefined: nobody of ours. */
  readonly peerOf?: (socket: TLSSocket) => string | undefined;
  /** What the application is told of it. */
  readonly forwarded?: (peer: string) => string;
};

/** A client that does not shake hands is not waited for. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const ALPN = ['h2', 'http/1.1'];

export class TlsAcceptor {
  readonly #onSecure: (socket: TLSSocket) => void;
  readonly #onFailed: () => void;
  #server: Server | undefined;
  #id: string | undefined;

  /** @param onSecure - the handshake is over @param onFailed - it failed; the socket is closed */
  constructor(onSecure: (socket: TLSSocket) => void, onFailed: () => void) {
    this.#onSecure = onSecure;
    this.#onFailed = onFailed;
  }

  use(tls: ServerTls): void {
    if (this.#id === tls.id || tls.context === undefined) return;
    this.#id = tls.id;
    // A server that never listens: it is given sockets. Another one, because sessions of the old one must not be resumed.
    this.#server = createServer({
      ...tls.context,
      requestCert: tls.asksForCertificate,
      rejectUnauthorized: tls.requiresCertificate,
      ALPNProtocols: ALPN,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
      // Sessions that are resumed belong to clients of this server alone (OpenSSL asks for it where it asks for certificates).
      sessionIdContext: 'meshproof',
    });
    this.#server.on('secureConnection', this.#onSecure);
    this.#server.on('tlsClientError', (_error, socket) => {
      socket.destroy();
      this.#onFailed();
    });
  }

  /** Where there is no certificate yet, the client is refused. */
  accept(raw: Socket): void {
    if (this.#server) this.#server.emit('connection', raw);
    else {
      raw.destroy();
      this.#onFailed();
    }
  }
}

/** A TLS socket refuses to be reset; to break off without a close_notify says the same: what came was not all. */
export function resettable(socket: TLSSocket): ClientSocket {
  return Object.assign(socket, { resetAndDestroy: () => socket.destroy() });
}

/** Ends TLS for the connections of one listener. New certificates hold for new connections; open ones go on. */
import type { Socket } from 'node:net';
import type { ClientSocket } from '../downstream/host.ts';
import { BYTES } from './dialer.ts';
import { createServer } from 'node:tls';
import type { SecureContextOptions, Server, TLSSocket } from 'node:tls';

/** The certificate in PEM. */
export type ServerContext = SecureContextOptions & { readonly cert: string };
/** Another certificate in the place of the listener's own. */
export type Disguise = (own: ServerContext) => ServerContext;

/** What a listener shows to its clients, and what it asks of them. */
export type ServerTls = {
  /** The same while nothing changes. */
  readonly id: string;
  /** undefined: there is no certificate yet; clients are refused. */
  readonly context: ServerContext | undefined;
  readonly asksForCertificate: boolean;
  readonly requiresCertificate: boolean;
  /** Clients may come without TLS too. */
  readonly acceptsPlain?: boolean;
  /** Connections that are passed on as bytes come here too. */
  readonly takesBytes?: true;
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
  #tls: ServerTls | undefined;
  /** Without a disguise, and with each one that is in use. */
  #servers = new Map<Disguise | undefined, Server>();

  /** @param onSecure - the handshake is over @param onFailed - it failed; the socket is closed */
  constructor(onSecure: (socket: TLSSocket) => void, onFailed: () => void) {
    this.#onSecure = onSecure;
    this.#onFailed = onFailed;
  }

  use(tls: ServerTls): void {
    if (this.#tls?.id === tls.id || tls.context === undefined) return;
    this.#tls = tls;
    // Other servers, because sessions of the old ones must not be resumed.
    this.#servers = new Map();
  }

  /** Where there is no certificate yet, the client is refused. */
  accept(raw: Socket, disguise?: Disguise): void {
    const server = this.#serverFor(disguise);
    if (server) server.emit('connection', raw);
    else {
      raw.destroy();
      this.#onFailed();
    }
  }

  #serverFor(disguise: Disguise | undefined): Server | undefined {
    const { context, asksForCertificate, requiresCertificate, takesBytes } = this.#tls ?? {};
    const known = this.#servers.get(disguise);
    if (known || !context) return known;
    // A server that never listens: it is given sockets.
    const server = createServer({
      ...(disguise ? disguise(context) : context),
      requestCert: asksForCertificate === true,
      rejectUnauthorized: requiresCertificate === true,
      ALPNProtocols: takesBytes ? [...ALPN, BYTES] : ALPN,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
      // Sessions that are resumed belong to clients of this server alone (OpenSSL asks for it where it asks for certificates).
      sessionIdContext: 'meshproof',
    });
    server.on('secureConnection', this.#onSecure);
    server.on('tlsClientError', (_error, socket) => {
      socket.destroy();
      this.#onFailed();
    });
    this.#servers.set(disguise, server);
    return server;
  }
}

/** A TLS socket refuses to be reset; to break off without a close_notify says the same: what came was not all. */
export function resettable(socket: TLSSocket): ClientSocket {
  return Object.assign(socket, { resetAndDestroy: () => socket.destroy() });
}

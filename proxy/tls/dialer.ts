/** Opens TLS connections to one endpoint, and resumes sessions: a new connection then costs no signature. */
import { isIP, connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import type { Wrap } from '../faults/tcp/wires.ts';
import { tlsFailureOf } from './failure.ts';
import type { TlsFailure } from './failure.ts';

/** By ALPN: between proxies of the mesh, connections that are passed on as bytes. */
export const BYTES = 'meshproof-bytes';
export type Spoken = 'http/1.1' | 'h2' | typeof BYTES;

/** How a handshake with an endpoint is made. */
export type ClientTls = {
  readonly context: SecureContext;
  /** undefined: the endpoint's host. */
  readonly serverName: string | undefined;
  readonly verify: boolean;
  /** In the place of the check of the name. */
  readonly check?: (certificate: PeerCertificate) => Error | undefined;
};

/** What a version's connections are secured with. */
export type UpstreamSecurity = {
  /** Endpoints are kept across configurations while this is the same. */
  readonly id: string;
  /** undefined: there is nothing to make a handshake with yet. */
  readonly current: () => ClientTls | undefined;
  /** The far side is a proxy of the mesh: it takes connections as bytes too. */
  readonly carriesBytes?: true;
};

/** Known to Node.js, though not to its types. */
type Options = ConnectionOptions & { readonly allowHalfOpen: boolean };

export type Reading = { readonly buffer: Buffer; readonly callback: (size: number) => boolean };

export class TlsDialer {
  readonly #security: UpstreamSecurity;
  readonly #host: string;
  readonly #port: number;
  readonly #wrap: Wrap | undefined;
  #session: Buffer | undefined;
  /** What the session was made with; under another context it proves nothing. */
  #madeWith: SecureContext | undefined;
  /** Of the last handshake, when it failed. */
  failure: TlsFailure | undefined;

  constructor(security: UpstreamSecurity, host: string, port: number, wrap: Wrap | undefined) {
    this.#security = security;
    this.#host = host;
    this.#port = port;
    this.#wrap = wrap;
  }

  /** @returns a socket that emits `secureConnect`, or `error` @param onread - ignored under faults: then it emits `data` */
  open(protocol: Spoken, onread?: Reading): Duplex {
    const tls = this.#security.current();
    if (!tls) {
      this.failure = 'TLS_FAILED';
      return new Duplex().destroy(new Error('this proxy has no identity yet'));
    }
    if (this.#madeWith !== tls.context) this.#session = undefined;
    this.#madeWith = tls.context;
    const way = this.#way();
    const socket = connect({ ...this.#options(tls, protocol, onread), ...(way ? { socket: way } : { noDelay: true }) });
    let reached = false;
    (way ?? socket).once('connect', () => (reached = true));
    socket.on('session', (session) => {
      if (this.#madeWith === tls.context) this.#session = session;
    });
    socket.once('secureConnect', () => {
      this.failure = undefined;
      if (protocol !== 'http/1.1' && socket.alpnProtocol !== protocol)
        socket.destroy(new Error(`the endpoint does not speak ${protocol}`));
    });
    // Before those of who uses the socket, who then finds the reason here.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      this.failure = reached ? tlsFailureOf(error) : undefined;
      if (socket.authorized === false) this.#session = undefined;
    });
    return socket;
  }

  #options(tls: ClientTls, protocol: string, onread: Reading | undefined): Options {
    const { check } = tls;
    const serverName = tls.serverName ?? (isIP(this.#host) === 0 ? this.#host : undefined);
    return {
      host: this.#host,
      port: this.#port,
      secureContext: tls.context,
      rejectUnauthorized: tls.verify,
      ALPNProtocols: [protocol],
      allowHalfOpen: protocol !== 'h2',
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(check ? { checkServerIdentity: (_host: string, certificate: PeerCertificate) => check(certificate) } : {}),
      ...(this.#session ? { session: this.#session } : {}),
      ...(onread && !this.#wrap ? { onread } : {}),
    };
  }

  /** Faults on connections meet the encrypted bytes, as a bad network would. */
  #way(): Duplex | undefined {
    return this.#wrap?.(connectTcp({ host: this.#host, port: this.#port, noDelay: true, allowHalfOpen: true }));
  }
}

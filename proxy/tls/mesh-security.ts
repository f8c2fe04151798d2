/** mTLS inside the mesh, from the proxy's own identity: both sides show a certificate, and both look at the name in it. */
import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { nameOfSpiffeId, spiffeId, spiffeIdIn } from '../../contracts/spiffe.ts';
import type { Identity, IdentitySource } from '../identity/identity.ts';
import type { ServerTls } from './acceptor.ts';
import type { ClientTls, UpstreamSecurity } from './dialer.ts';
import { WrongPeer } from './failure.ts';

const MIN_VERSION = 'TLSv1.3';

export class MeshSecurity {
  readonly #source: IdentitySource;
  #identity: Identity | undefined;
  #context: SecureContext | undefined;
  /** By the service that is asked; made anew with each identity. */
  #clients = new Map<string, ClientTls>();

  constructor(source: IdentitySource) {
    this.#source = source;
  }

  /** @param service - whom the other side must be */
  upstream(service: string): UpstreamSecurity {
    return { id: `mesh ${service}`, current: () => this.#client(service), carriesBytes: true };
  }

  #client(service: string): ClientTls | undefined {
    const identity = this.#source.current();
    if (!identity) return undefined;
    if (identity !== this.#identity || !this.#context) {
      this.#identity = identity;
      this.#context = createSecureContext(materialOf(identity));
      this.#clients = new Map();
    }
    const known = this.#clients.get(service);
    if (known) return known;
    const wanted = spiffeId(identity.trustDomain, service);
    const client: ClientTls = {
      context: this.#context,
      serverName: undefined,
      verify: true,
      check: ({ subjectaltname }) => {
        const found = spiffeIdIn(subjectaltname);
        return found === wanted ? undefined : new WrongPeer(`${wanted} was expected, ${found ?? 'no identity'} found`);
      },
    };
    this.#clients.set(service, client);
    return client;
  }

  /** @param acceptsPlain - callers outside the mesh may come without TLS */
  server(acceptsPlain: boolean): ServerTls {
    const identity = this.#source.current();
    const common = { asksForCertificate: true, requiresCertificate: true, acceptsPlain, takesBytes: true } as const;
    if (!identity) return { ...common, id: '', context: undefined };
    const { trustDomain } = identity;
    return {
      ...common,
      id: createHash('sha256').update(JSON.stringify(identity)).digest('base64url'),
      context: materialOf(identity),
      peerOf: (socket: TLSSocket) => {
        const id = spiffeIdIn(socket.getPeerCertificate().subjectaltname);
        return id === undefined ? undefined : nameOfSpiffeId(id, trustDomain);
      },
      forwarded: (peer: string) => `By=${spiffeId(trustDomain, identity.name)};URI=${spiffeId(trustDomain, peer)}`,
    };
  }
}

function materialOf({ certificate, key, bundle }: Identity): {
  cert: string;
  key: string;
  ca: string;
  minVersion: typeof MIN_VERSION;
} {
  return { cert: certificate, key, ca: bundle, minVersion: MIN_VERSION };
}

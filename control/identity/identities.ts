/** Answers proxies that ask for a certificate: only who proves an identity gets one of that name. */
import type { AuthorityView } from '../../contracts/authority.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { isProof, proofOfIssued, proofOfRequest, tokenFor } from '../../contracts/identity-proof.ts';
import { identityNameOf } from '../../contracts/spiffe.ts';
import type { FromControl, FromProxy, NodeInfo } from '../../contracts/wire.ts';
import type { Authority } from './authority.ts';

type Request = Extract<FromProxy, { type: 'identity-request' }>;
type Answer = Extract<FromControl, { type: 'identity' | 'identity-refused' }>;

export class Identities {
  readonly authority: Authority;
  readonly #secret: string;
  /** Since the start of this process. */
  issued = 0;
  refused = 0;

  /** @param secret - of the tokens */
  constructor(authority: Authority, secret: string) {
    this.authority = authority;
    this.#secret = secret;
  }

  view(): AuthorityView {
    return { ...this.authority.view(), issued: this.issued, refused: this.refused };
  }

  /** Rejects only for what is wrong here. */
  async answer(node: NodeInfo, request: Request): Promise<Answer> {
    const { id, name } = request;
    try {
      const token = tokenFor(name, this.#secret);
      const why = whyNot(node, request, token);
      if (why !== undefined) throw new MeshproofError('IDENTITY_REFUSED', why);
      const { trustDomain, bundle } = this.authority;
      const issued = { id, trustDomain, bundle, certificate: await this.authority.sign(name, request.csr) };
      this.issued++;
      return { type: 'identity', ...issued, proof: proofOfIssued(issued, token) };
    } catch (error) {
      if (!(error instanceof MeshproofError)) throw error;
      this.refused++;
      return { type: 'identity-refused', id, code: error.code, message: error.detail };
    }
  }
}

function whyNot(node: NodeInfo, request: Request, token: string): string | undefined {
  const { name } = request;
  // Before anything else is said of the name: who has no token learns nothing.
  if (!isProof(request.proof, proofOfRequest(request, token))) return `the token is not one for ${name}`;
  const own = identityNameOf(node);
  return own === name ? undefined : `the proxy said that it is ${own ?? 'nobody'}, and asks to be ${name}`;
}

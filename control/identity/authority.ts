/** The authority of a mesh: signs short-lived certificates that name who a proxy is (SPIFFE X.509-SVID). */
import 'reflect-metadata';
import { createPublicKey, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { AuthorityView } from '../../contracts/authority.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { spiffeId } from '../../contracts/spiffe.ts';
import { CLOCK_SKEW_MS, EC_P256, madeAtMs, makeRoot, openRoots, removeRoot, serialNumber } from './root.ts';
import type { Root } from './root.ts';
import { spansOf, stagesOf } from './rotation.ts';
import type { Span, Stage } from './rotation.ts';

export type AuthorityOptions = {
  /** Whose lock the caller holds. */
  readonly dataDir: string;
  readonly trustDomain: string;
  /** How long certificates last. */
  readonly lifetimeMs: number;
  readonly wallClock: () => Date;
};

/** A control plane that starts with less than this of its root left makes the next one. */
const RENEW_ROOT_BEFORE_MS = 365 * 24 * 3_600_000;

type Standing = { readonly root: Root; readonly span: Span; readonly stage: Stage };

export class Authority {
  readonly #options: AuthorityOptions;
  /** The oldest first. */
  #roots: readonly Root[];
  /** A root is being made now. */
  #rotating = false;

  private constructor(roots: readonly Root[], options: AuthorityOptions) {
    this.#roots = roots;
    this.#options = options;
  }

  /** @throws MeshproofError IDENTITY_ROOT_INVALID */
  static async open(options: AuthorityOptions): Promise<Authority> {
    const { dataDir, trustDomain, wallClock } = options;
    const authority = new Authority(await openRoots(dataDir, trustDomain, wallClock()), options);
    const leftMs = authority.expiresAtMs - wallClock().getTime();
    if (leftMs < RENEW_ROOT_BEFORE_MS && authority.#trusted().length === 1) await authority.rotate();
    return authority;
  }

  get trustDomain(): string {
    return this.#options.trustDomain;
  }

  /** PEM of whom the mesh trusts now. */
  get bundle(): string {
    return this.#trusted()
      .map(({ root }) => `${root.certificate.toString('pem')}\n`)
      .join('');
  }

  /** When the root that signs is over. */
  get expiresAtMs(): number {
    return this.#signing().certificate.notAfter.getTime();
  }

  view(): Omit<AuthorityView, 'issued' | 'refused'> {
    return {
      trustDomain: this.trustDomain,
      lifetimeMs: this.#options.lifetimeMs,
      roots: this.#trusted().map(({ root, span, stage }) => ({
        fingerprint: new X509Certificate(root.certificate.toString('pem')).fingerprint256,
        stage,
        notAfter: root.certificate.notAfter.toISOString(),
        signsFrom: isoOf(span.signsFromMs),
        goneFrom: isoOf(span.goneFromMs),
      })),
      bundle: this.bundle,
    };
  }

  /**
   * Makes a new root, which signs once every proxy trusts it; the old one goes when nothing that it signed is left.
   * @throws MeshproofError IDENTITY_ROTATION_RUNNING until the last rotation is over
   */
  async rotate(): Promise<void> {
    const signing = this.#signing();
    if (this.#rotating) throw new MeshproofError('IDENTITY_ROTATION_RUNNING', 'a root is being made at this moment');
    const other = this.#trusted().find(({ root }) => root !== signing);
    if (other) {
      const until = isoOf(other.span.goneFromMs) ?? isoOf(other.span.signsFromMs + this.#overlapMs());
      throw new MeshproofError('IDENTITY_ROTATION_RUNNING', `two roots are trusted until ${until}`);
    }
    this.#rotating = true;
    try {
      await this.#follow(signing);
    } finally {
      this.#rotating = false;
    }
  }

  /**
   * Of the request only the key is taken: what else it asks for is nothing that a proxy decides.
   * @param name - who the key belongs to, as in contracts/spiffe.ts; the caller has seen to it that this is so
   * @returns the certificate in PEM @throws MeshproofError IDENTITY_REFUSED for what is no request, or one without its key
   */
  async sign(name: string, csr: string): Promise<string> {
    const request = await provenRequest(csr);
    const nowMs = this.#options.wallClock().getTime();
    const { certificate: root, key } = this.#signing();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: 'O=Meshproof',
      issuer: root.subjectName,
      publicKey: request.publicKey,
      signingKey: key,
      signingAlgorithm: EC_P256,
      notBefore: new Date(nowMs - CLOCK_SKEW_MS),
      notAfter: new Date(Math.min(nowMs + this.#options.lifetimeMs, this.expiresAtMs)),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId(this.trustDomain, name) }]),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ],
    });
    return `${certificate.toString('pem')}\n`;
  }

  async #follow(signing: Root): Promise<void> {
    const { dataDir, trustDomain, wallClock } = this.#options;
    for (const { number } of this.#roots) if (number !== signing.number) removeRoot(dataDir, number);
    this.#roots = [signing, await makeRoot(dataDir, signing.number + 1, trustDomain, wallClock())];
  }

  #overlapMs(): number {
    return this.#options.lifetimeMs + CLOCK_SKEW_MS;
  }

  #standing(): Standing[] {
    const spans = spansOf(this.#roots.map(madeAtMs), this.#overlapMs());
    const stages = stagesOf(spans, this.#options.wallClock().getTime());
    return this.#roots.flatMap((root, i) => {
      const [span, stage] = [spans[i], stages[i]];
      return span && stage ? [{ root, span, stage }] : [];
    });
  }

  #trusted(): (Standing & { readonly stage: Exclude<Stage, 'gone'> })[] {
    return this.#standing().flatMap(({ stage, ...rest }) => (stage === 'gone' ? [] : [{ stage, ...rest }]));
  }

  /** @throws MeshproofError IDENTITY_ROOT_INVALID when it is over */
  #signing(): Root {
    const found = this.#standing().find(({ stage }) => stage === 'signing')?.root;
    if (!found) throw new MeshproofError('IDENTITY_ROOT_INVALID', 'there is no root that signs');
    return found;
  }
}

function isoOf(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}

async function provenRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  let request: x509.Pkcs10CertificateRequest;
  let isProven: boolean;
  let curve: string | undefined;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
    isProven = await request.verify();
    const spki = Buffer.from(request.publicKey.rawData);
    curve = createPublicKey({ key: spki, format: 'der', type: 'spki' }).asymmetricKeyDetails?.namedCurve;
  } catch (cause) {
    throw new MeshproofError('IDENTITY_REFUSED', 'this is not a certificate request (PKCS #10) in PEM', { cause });
  }
  if (!isProven) throw new MeshproofError('IDENTITY_REFUSED', 'the request is not signed with its own key');
  if (curve !== 'prime256v1') throw new MeshproofError('IDENTITY_REFUSED', 'the key must be on the curve P-256');
  return request;
}

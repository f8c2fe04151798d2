/** The certificate authority of a mesh, as the API shows it. Nothing in it is secret. */
import { z } from 'zod';

export const DEFAULT_TRUST_DOMAIN = 'meshproof.local';
/** SPIFFE-ID 2.1: lower case, no port. */
export const TRUST_DOMAIN = /^[a-z0-9][a-z0-9._-]{0,254}$/;
/** How long the certificates of proxies last. */
export const DEFAULT_LIFETIME_MS = 24 * 3_600_000;
export const MAX_LIFETIME_MS = 7 * 24 * 3_600_000;
/** A proxy renews at half of it, and needs the time to try again. */
export const MIN_LIFETIME_MS = 2_000;

const RootView = z.object({
  /** SHA-256 of the certificate, as openssl writes it. */
  fingerprint: z.string(),
  /** coming: trusted, does not sign yet. leaving: trusted, signs no more. */
  stage: z.enum(['coming', 'signing', 'leaving']),
  notAfter: z.string(),
  /** When it begins to sign; null: it always has. */
  signsFrom: z.string().nullable(),
  /** When it is trusted no more; null: nothing follows it yet. */
  goneFrom: z.string().nullable(),
});

export const AuthorityView = z.object({
  trustDomain: z.string(),
  lifetimeMs: z.int(),
  /** The oldest first. */
  roots: z.array(RootView),
  /** Since the start of the control plane. */
  issued: z.int(),
  refused: z.int(),
  /** PEM of all roots that are trusted now. */
  bundle: z.string(),
});
export type AuthorityView = z.output<typeof AuthorityView>;

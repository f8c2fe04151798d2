/** The certificates and keys that documents name: where they stand, and whether they fit together. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Document, SourceDocument } from './document.ts';
import type { Issue } from './parse.ts';

const KEYS = ['certificate', 'key', 'ca', 'clientCa'] as const;
type TlsKey = (typeof KEYS)[number];
/** As a person wrote them (files or PEM), or as read (PEM). */
export type TlsTexts = { [K in TlsKey]?: string | undefined };
export type TlsUse = { readonly path: readonly PropertyKey[]; readonly texts: TlsTexts };

const PEM = '-----BEGIN ';

/** Every place of a document in which certificates stand. */
export function tlsUses(document: Document): TlsUse[] {
  if (document.kind === 'Gateway') return usesAt(['spec', 'tls'], document.spec.tls);
  if (document.kind !== 'Service') return [];
  return Object.entries(document.spec.versions).flatMap(([name, { tls }]) =>
    usesAt(['spec', 'versions', name, 'tls'], tls),
  );
}

function usesAt(path: readonly PropertyKey[], tls: TlsTexts | undefined): TlsUse[] {
  return tls === undefined ? [] : [{ path, texts: tls }];
}

/** The files in which they stand; PEM text stands in the document. */
export function tlsFiles(document: Document): string[] {
  return tlsUses(document).flatMap(({ texts }) =>
    KEYS.flatMap((key) => {
      const text = texts[key];
      return text === undefined || text.startsWith(PEM) ? [] : [text];
    }),
  );
}

/** The same document, in which the names of files do not depend on where it stands. */
export function withFilesFrom(
  source: SourceDocument,
  document: Document,
  absolute: (file: string) => string,
): SourceDocument {
  const uses = tlsUses(document);
  if (uses.length === 0) return source;
  const copy = structuredClone(source);
  for (const { path } of uses) {
    const tls = path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)[step], copy) as TlsTexts;
    for (const key of KEYS) {
      const text = tls[key];
      if (text !== undefined && !text.startsWith(PEM)) tls[key] = absolute(text);
    }
  }
  return copy;
}

/** @throws a NodeJS.ErrnoException for a file that cannot be read */
export type ReadText = (file: string) => string;

/** Reads what a use names. @returns the PEM texts, or what is wrong with them */
export function readTls({ path, texts }: TlsUse, read: ReadText): { readonly pem: TlsTexts; readonly issues: Issue[] } {
  const pem: TlsTexts = {};
  const issues: Issue[] = [];
  for (const key of KEYS) {
    const text = texts[key];
    if (text === undefined) continue;
    const found = text.startsWith(PEM) ? { text } : readOne(text, read);
    const wrong = 'wrong' in found ? found.wrong : key === 'key' ? undefined : wrongCertificates(found.text);
    if (wrong !== undefined) issues.push({ path: [...path, key], message: wrong });
    if ('text' in found) pem[key] = found.text;
  }
  const { certificate, key } = pem;
  if (issues.length === 0 && certificate !== undefined && key !== undefined) {
    const wrong = wrongPair(certificate, key);
    if (wrong !== undefined) issues.push({ path: [...path, 'key'], message: wrong });
  }
  return { pem, issues };
}

function readOne(file: string, read: ReadText): { readonly text: string } | { readonly wrong: string } {
  try {
    return { text: read(file) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { wrong: `${file} cannot be read (${String(error.code)})` };
  }
}

function wrongCertificates(pem: string): string | undefined {
  return certificateOf(pem) === undefined
    ? 'this is not a certificate in PEM (-----BEGIN CERTIFICATE-----)'
    : undefined;
}

function wrongPair(certificate: string, key: string): string | undefined {
  const privateKey = keyOf(key);
  if (privateKey === undefined) return 'this is not a private key in PEM, or it is encrypted';
  return certificateOf(certificate)?.checkPrivateKey(privateKey) === true
    ? undefined
    : 'the key does not belong to the certificate';
}

// node:crypto says what it cannot read only by throwing, with codes that change with OpenSSL.
function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

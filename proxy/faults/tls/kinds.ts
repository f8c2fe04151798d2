/** The kinds of faults on handshakes. Adding one: its file, a line here, its name in kind.ts, its key in the contract. */
import { expiredCertificate } from './expired-certificate.ts';
import { handshakeFailure } from './handshake-failure.ts';
import type { TlsFaultKind } from './kind.ts';

export const TLS_FAULT_KINDS: readonly TlsFaultKind[] = [handshakeFailure, expiredCertificate];

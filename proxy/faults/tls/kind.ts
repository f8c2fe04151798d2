/** What a kind of fault on handshakes is: it takes a client over in the place of the listener. */
import type { Socket } from 'node:net';
import type { FaultTls } from '../../../contracts/fault-tls.ts';
import type { TlsAcceptor } from '../../tls/acceptor.ts';

export const TLS_FAULT_TYPES = ['tls-handshake-failure', 'tls-expired-certificate'] as const;
export type TlsFaultType = (typeof TLS_FAULT_TYPES)[number];

export type Handshake = {
  readonly acceptor: Pick<TlsAcceptor, 'accept'>;
  /** The fault acts on this client: called once. */
  readonly acts: () => void;
};

export type PlannedTlsFault = {
  readonly type: TlsFaultType;
  /** @param client - of whose handshake nothing has been read yet */
  readonly meet: (client: Socket, handshake: Handshake) => void;
};

/** @returns undefined when the document does not ask for this kind */
export type TlsFaultKind = (spec: FaultTls) => PlannedTlsFault | undefined;

/** A tap's WebSocket, as the command line reads it. */
import { WebSocket } from 'ws';
import { ERRORS, MeshproofError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { TAP_PATH, TapMessage } from '../../contracts/tap.ts';
import type { TapSpec } from '../../contracts/tap.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export type TapStream = {
  /** http://HOST:PORT of the control plane. */
  readonly server: string;
  readonly spec: TapSpec;
  /** @returns true to end the tap */
  readonly onMessage: (message: Exclude<TapMessage, { type: 'refused' }>) => boolean;
  readonly signal: AbortSignal;
};

/**
 * Resolves when it was ended, by the reader or by the signal.
 * @throws MeshproofError what the control plane refuses it with; CONTROL_UNREACHABLE when there is none, or it goes
 */
export function readTap({ server, spec, onMessage, signal }: TapStream): Promise<void> {
  const url = new URL(TAP_PATH, server);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [key, value] of Object.entries(spec)) url.searchParams.set(key, String(value));
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { handshakeTimeout: HANDSHAKE_TIMEOUT_MS, perMessageDeflate: false });
    const end = (): void => {
      signal.removeEventListener('abort', end);
      socket.terminate();
      resolve();
    };
    signal.addEventListener('abort', end);
    socket.on('error', (cause) =>
      reject(new MeshproofError('CONTROL_UNREACHABLE', `${server}: ${cause.message}`, { cause })),
    );
    socket.on('close', () => {
      signal.removeEventListener('abort', end);
      reject(new MeshproofError('CONTROL_UNREACHABLE', `${server} has closed the tap`));
    });
    socket.on('message', (data: Buffer) => {
      const message = TapMessage.safeParse(JSON.parse(data.toString('utf8')));
      if (!message.success) return; // of a newer control plane
      if (message.data.type === 'refused') reject(refusal(message.data));
      else if (onMessage(message.data)) end();
    });
  });
}

function refusal({ code, detail }: { readonly code: string; readonly detail: string }): MeshproofError {
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL';
  return new MeshproofError(known, detail);
}

/** Tells TLS from plaintext by the first byte, where both may come. The byte is put back. */
import type { Socket } from 'node:net';

/** ContentType of a handshake record (RFC 8446 5.1); no method of HTTP begins with it. */
const HANDSHAKE = 0x16;

/** @param waitMs - a client that says nothing is closed after this long */
export function sniffTls(socket: Socket, waitMs: number, onFound: (isTls: boolean) => void): void {
  const giveUp = (): void => void socket.destroy();
  socket.setTimeout(waitMs, giveUp);
  socket.once('error', giveUp);
  socket.once('end', giveUp);
  socket.once('data', (first: Buffer) => {
    socket.setTimeout(0);
    socket.off('timeout', giveUp);
    socket.off('end', giveUp);
    socket.pause();
    socket.unshift(first);
    onFound(first[0] === HANDSHAKE);
    socket.off('error', giveUp); // from here on somebody else hears of errors
    if (first[0] !== HANDSHAKE) socket.resume();
  });
}

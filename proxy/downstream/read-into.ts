/**
 * Reads of accepted sockets into one buffer of the thread. Node.js offers that (`onread`) to sockets that connect; those that a
 * server accepts get a new buffer of 64 KB for each read, cut to size and collected later, and pass it through a stream.
 */
import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';

/** What Node.js makes a socket from; known to neither its types nor its documentation. */
type WithHandle = { _handle?: object | null };
type HandleOptions = SocketConstructorOpts & { readonly handle: object; readonly onread: OnReadOpts };

/** All reads of clients land here: each is used up, or copied, before the next one happens. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The connection as another socket, which calls `onRead` and emits no `data`.
 * @param accepted - of this very tick; not to be used any more
 * @param onRead - called with bytes to be used up at once; returns false when no more is to be read until `resume`
 * @returns undefined where this Node.js does not have what it takes: then `accepted` is as it was
 */
export function readInto(accepted: Socket, onRead: (bytes: Buffer) => boolean): Socket | undefined {
  const from = accepted as WithHandle;
  const handle = from._handle;
  if (!handle || !('useUserBuffer' in handle)) return undefined;
  const callback = (size: number): boolean => onRead(READ_BUFFER.subarray(0, size));
  const options: HandleOptions = { handle, allowHalfOpen: true, onread: { buffer: READ_BUFFER, callback } };
  from._handle = null;
  return new Socket(options);
}

/** Bytes that may be kept: a copy, where they came by `onRead`. */
export function kept(bytes: Buffer): Buffer {
  return bytes.buffer === READ_BUFFER.buffer ? Buffer.from(bytes) : bytes;
}

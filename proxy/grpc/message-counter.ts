/** Counts the messages in one direction of a call (gRPC over HTTP/2, Length-Prefixed-Message) without keeping anything of them. */

/** One byte that says whether it is compressed, four of length. */
const PREFIX_BYTES = 5;

/** Messages of a call towards the endpoint, and from it. */
export type Messages = { readonly sent: number; readonly received: number };

export class MessageCounter {
  #prefixLeft = PREFIX_BYTES;
  #length = 0;
  #payloadLeft = 0;
  /** Those that have begun. */
  messages = 0;

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#payloadLeft > 0) {
        const take = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= take;
        at += take;
        continue;
      }
      // The first byte is shifted out by those that follow.
      this.#length = ((this.#length << 8) | (bytes[at++] ?? 0)) >>> 0;
      if (--this.#prefixLeft > 0) continue;
      this.messages++;
      this.#payloadLeft = this.#length;
      this.#prefixLeft = PREFIX_BYTES;
    }
  }
}

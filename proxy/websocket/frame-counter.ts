/** Follows the frames of one direction of a WebSocket (RFC 6455 5.2) without keeping anything of them. */

/** Longest header, with mask and the code of a close frame: 2 + 8 + 4 + 2. */
const MAX_HEADER = 16;
const FIN = 0x80;
const MASKED = 0x80;
const CLOSE = 8;
/** A close frame without a code (RFC 6455 7.1.5). */
const NO_STATUS = 1_005;

export class FrameCounter {
  readonly #header = Buffer.allocUnsafe(MAX_HEADER);
  #have = 0;
  #need = 2;
  #payloadLeft = 0;
  #over = false;
  messages = 0;
  /** Of the close frame; 0: none has come. */
  closeCode = 0;

  /** @returns how many messages have begun their last frame in these bytes */
  read(bytes: Uint8Array): number {
    const before = this.messages;
    let at = 0;
    while (at < bytes.length && !this.#over) {
      if (this.#payloadLeft > 0) {
        const take = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= take;
        at += take;
      } else {
        this.#header[this.#have++] = bytes[at++] ?? 0;
        if (this.#have === 2) this.#need = this.#headerBytes();
        if (this.#have === this.#need) this.#beginFrame();
      }
    }
    return this.messages - before;
  }

  /** How long the header is, by its first two bytes. The code of a close frame is read as a part of it. */
  #headerBytes(): number {
    const [first = 0, second = 0] = this.#header;
    const length = second & 0x7f;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    const code = (first & 0x0f) === CLOSE && length >= 2 ? 2 : 0;
    return 2 + extended + ((second & MASKED) === 0 ? 0 : 4) + code;
  }

  #beginFrame(): void {
    const header = this.#header;
    const [first = 0, second = 0] = header;
    const opcode = first & 0x0f;
    this.#payloadLeft = this.#length(second & 0x7f);
    if (opcode === CLOSE) this.#readClose((second & MASKED) !== 0);
    else if (opcode < CLOSE && (first & FIN) !== 0) this.messages++;
    this.#have = 0;
    this.#need = 2;
  }

  #length(short: number): number {
    if (short < 126) return short;
    if (short === 126) return this.#header.readUInt16BE(2);
    return this.#header.readUInt32BE(2) * 2 ** 32 + this.#header.readUInt32BE(6);
  }

  /** After a close frame nothing more is of the WebSocket. */
  #readClose(masked: boolean): void {
    this.#over = true;
    const at = this.#need - 2;
    if (this.#payloadLeft < 2) this.closeCode = NO_STATUS;
    else {
      const mask = masked ? this.#header.readUInt16BE(at - 4) : 0;
      this.closeCode = this.#header.readUInt16BE(at) ^ mask;
    }
  }
}

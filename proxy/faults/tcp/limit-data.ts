/** Limit of data: so many bytes pass, then the connection is closed. */
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';

export const limitData: TcpFaultKind = ({ limitData: spec }) =>
  spec && { type: 'tcp-limit-data', open: (context) => new LimitData(context, spec.bytes) };

class LimitData implements TcpStage {
  readonly #context: StageContext;
  #left: number;
  #closed = false;

  constructor(context: StageContext, bytes: number) {
    this.#context = context;
    this.#left = bytes;
  }

  onBytes(bytes: Buffer, next: Outlet): void {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    if (part.length > 0) next.bytes(part);
    this.#context.dropped(bytes.length - part.length);
    if (this.#left > 0 || this.#closed) return;
    this.#closed = true;
    this.#context.acts();
    next.finish('close');
  }

  onFinish(how: Finish, next: Outlet): void {
    if (!this.#closed) next.finish(how);
  }

  release(): void {
    // Nothing waits.
  }

  cancel(): void {
    // Nothing waits.
  }
}

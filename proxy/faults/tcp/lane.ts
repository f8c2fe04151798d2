/** One direction of a connection: the stages that its bytes pass, which may come and go while it is open. */
import type { ActiveFault } from '../active-fault.ts';
import type { Finish, Outlet, TcpStage } from './stage.ts';

/** As much waits in the stages of one direction; then its source is not read from. */
export const LANE_BYTES = 1024 * 1024;

type Link = {
  readonly fault: ActiveFault;
  readonly stage: TcpStage;
  readonly next: Outlet;
  following: Link | undefined;
};

export class Lane {
  readonly #out: Outlet;
  readonly #onRoom: () => void;
  #links: Link[] = [];
  #heldBytes = 0;
  #finished = false;

  /** @param onRoom - called when bytes are taken again after `bytes` said no */
  constructor(out: Outlet, onRoom: () => void) {
    this.#out = {
      bytes: (bytes) => {
        out.bytes(bytes);
        this.dropped(bytes.length);
      },
      finish: out.finish,
    };
    this.#onRoom = onRoom;
  }

  get isFull(): boolean {
    return this.#heldBytes >= LANE_BYTES;
  }

  /** @returns false when no more should come until there is room */
  bytes(bytes: Buffer): boolean {
    this.releaseEnded();
    this.#heldBytes += bytes.length;
    this.#give(this.#links[0], bytes);
    return !this.isFull;
  }

  finish(how: Finish): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#give(this.#links[0], how);
  }

  /** Adds a stage behind the others. What has finished already meets no new fault. */
  add(fault: ActiveFault, open: (next: Outlet) => TcpStage): void {
    if (this.#finished) return;
    const next: Outlet = {
      bytes: (bytes) => this.#give(link.following, bytes),
      finish: (how) => this.#give(link.following, how),
    };
    const link: Link = { fault, stage: open(next), next, following: undefined };
    const last = this.#links.at(-1);
    if (last) last.following = link;
    this.#links.push(link);
  }

  /** Bytes have gone on, or never will. */
  dropped(bytes: number): void {
    const wasFull = this.isFull;
    this.#heldBytes -= bytes;
    if (wasFull && !this.isFull) this.#onRoom();
  }

  /** Takes the stages out whose fault is over; what waits in them goes on. */
  releaseEnded(): void {
    for (const link of this.#links) {
      if (link.fault.active) continue;
      const at = this.#links.indexOf(link);
      const previous = this.#links[at - 1];
      if (previous) previous.following = link.following;
      this.#links = this.#links.filter((other) => other !== link);
      link.stage.release(link.next);
    }
  }

  cancel(): void {
    this.#finished = true;
    for (const { stage } of this.#links.splice(0)) stage.cancel();
  }

  #give(link: Link | undefined, what: Buffer | Finish): void {
    if (typeof what === 'string') {
      if (link) link.stage.onFinish(what, link.next);
      else this.#out.finish(what);
    } else if (link) link.stage.onBytes(what, link.next);
    else this.#out.bytes(what);
  }
}

/** A connection to an endpoint under faults: reads and writes like the socket that it stands before. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { Runtime } from '../../runtime.ts';
import type { ActiveFault } from '../active-fault.ts';
import { Lane } from './lane.ts';
import type { Finish, Outlet, PlannedTcpFault, StageContext } from './stage.ts';

/** What a peer that resets its connection causes. */
class FaultReset extends Error {
  readonly code = 'ECONNRESET';
}

export class FaultySocket extends Duplex {
  readonly version: string;
  readonly #runtime: Runtime;
  readonly #socket: Socket;
  readonly #upstream: Lane;
  readonly #downstream: Lane;
  /** Those that were drawn for: once in the life of a connection, whatever the outcome. */
  readonly #drawn = new WeakSet<ActiveFault>();
  #taken: (() => void) | undefined;
  #ended: (() => void) | undefined;
  #wantsBytes = true;
  /** The reader has been told that nothing more comes. */
  #eof = false;
  #closing = false;

  constructor(runtime: Runtime, socket: Socket, version: string) {
    super({ allowHalfOpen: true, decodeStrings: true });
    this.#runtime = runtime;
    this.#socket = socket;
    this.version = version;
    const toEndpoint: Outlet = { bytes: (bytes) => this.#toEndpoint(bytes), finish: (how) => this.#finishUp(how) };
    const toClient: Outlet = { bytes: (bytes) => this.#toClient(bytes), finish: (how) => this.#finishDown(how) };
    this.#upstream = new Lane(toEndpoint, () => this.#takeMore());
    this.#downstream = new Lane(toClient, () => this.#readMore());
    socket.on('connect', () => this.emit('connect'));
    socket.on('data', (bytes: Buffer) => {
      if (!this.#downstream.bytes(bytes)) socket.pause();
    });
    socket.on('drain', () => this.#takeMore());
    socket.on('end', () => this.#downstream.finish('end'));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.#downstream.finish('end'));
    if (socket.readableEnded) this.#downstream.finish('end');
  }

  /** @param isLate - the connection was open before the faults were declared */
  meet(faults: readonly ActiveFault[], isLate: boolean): void {
    for (const fault of faults) {
      if (!fault.active || this.#drawn.has(fault)) continue;
      this.#drawn.add(fault);
      const hash = fault.drawConnection(this.version, this);
      if (hash < 0) continue;
      if (fault.caps.length > 0) this.once('close', () => fault.leave(this));
      const lane = fault.spec.tcp?.direction === 'upstream' ? this.#upstream : this.#downstream;
      for (const act of fault.plannedTcp) {
        lane.add(fault, (next) => act.open(this.#contextOf(fault, act, lane, hash, isLate), next));
      }
    }
  }

  releaseEnded(): void {
    this.#upstream.releaseEnded();
    this.#downstream.releaseEnded();
  }

  /** Nobody reads any longer: what was written still goes out, then this closes. */
  destroySoon(): void {
    this.#closing = true;
    this.resume();
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    const open = this.#upstream.bytes(bytes);
    if (open && !this.#socket.writableNeedDrain) taken();
    else this.#taken = taken;
  }

  override _final(ended: () => void): void {
    this.#ended = ended;
    this.#upstream.finish('end');
  }

  override _read(): void {
    this.#wantsBytes = true;
    this.#readMore();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#upstream.cancel();
    this.#downstream.cancel();
    if (error instanceof FaultReset) this.#socket.resetAndDestroy();
    else if (this.#closing) this.#socket.destroySoon();
    else this.#socket.destroy();
    done(error);
  }

  #contextOf(fault: ActiveFault, act: PlannedTcpFault, lane: Lane, hash: number, isLate: boolean): StageContext {
    let counted = false;
    return {
      clock: this.#runtime.clock,
      wheel: this.#runtime.wheel,
      hash,
      isLate,
      acts: () => {
        if (!counted) fault.count(act.type);
        counted = true;
      },
      dropped: (bytes) => lane.dropped(bytes),
      reset: () => this.destroy(new FaultReset('reset by a fault')),
    };
  }

  #toEndpoint(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  #toClient(bytes: Buffer): void {
    if (this.destroyed || this.#eof) return;
    this.#wantsBytes = this.push(bytes);
    if (!this.#wantsBytes) this.#socket.pause();
  }

  #takeMore(): void {
    const taken = this.#taken;
    if (this.#socket.writableNeedDrain || this.#upstream.isFull) return;
    this.#taken = undefined;
    taken?.();
  }

  #readMore(): void {
    if (this.#wantsBytes) this.#socket.resume();
  }

  #finishUp(how: Finish): void {
    if (how === 'close') this.#close();
    else {
      this.#socket.end();
      this.#ended?.();
    }
  }

  #finishDown(how: Finish): void {
    if (how === 'close') this.#close();
    else this.#endReading();
  }

  /** What went on before is still delivered. */
  #close(): void {
    this.#closing = true;
    this.#downstream.cancel();
    if (this.readableEnded) this.destroy();
    else {
      this.once('end', () => this.destroy());
      this.#endReading();
    }
  }

  #endReading(): void {
    if (!this.#eof && !this.destroyed) this.push(null);
    this.#eof = true;
  }
}

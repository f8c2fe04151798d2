/** The connections of one service to its endpoints, as the faults on them see them; kept across configurations. */
import type { Socket } from 'node:net';
import type { Runtime } from '../../runtime.ts';
import type { ActiveFault } from '../active-fault.ts';
import { FaultySocket } from './faulty-socket.ts';

/** Puts a service's faults before a new connection to one of its versions. */
export type Wrap = (socket: Socket) => FaultySocket;

/** A connection without faults so far. */
export type Bare = { readonly meetFaults: () => void };

export class Wires {
  readonly #runtime: Runtime;
  readonly #faulty = new Set<FaultySocket>();
  readonly #bare = new Set<Bare>();
  #faults: readonly ActiveFault[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get underFault(): boolean {
    return this.#faults.length > 0;
  }

  /** Connections that are open meet new faults, and are let go by those that have left. */
  setFaults(faults: readonly ActiveFault[]): void {
    this.#faults = faults;
    this.releaseEnded();
    for (const socket of this.#faulty) socket.meet(faults, true);
    if (faults.length > 0) for (const bare of [...this.#bare]) bare.meetFaults();
  }

  /** Once a second, and at a halt. */
  releaseEnded(): void {
    for (const socket of [...this.#faulty]) socket.releaseEnded();
  }

  destroyAll(): void {
    for (const socket of [...this.#faulty]) socket.destroy();
  }

  addBare(connection: Bare): void {
    this.#bare.add(connection);
  }

  dropBare(connection: Bare): void {
    this.#bare.delete(connection);
  }

  /** @returns what connections for HTTP go through; undefined while there is no fault on them */
  wrapFor(version: string): Wrap | undefined {
    return this.underFault ? (socket) => this.wrap(socket, version, false) : undefined;
  }

  /** @param isLate - the connection was open before the faults were declared */
  wrap(socket: Socket, version: string, isLate: boolean): FaultySocket {
    const faulty = new FaultySocket(this.#runtime, socket, version);
    this.#faulty.add(faulty);
    faulty.once('close', () => this.#faulty.delete(faulty));
    faulty.meet(this.#faults, isLate);
    return faulty;
  }
}

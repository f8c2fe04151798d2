/** An address that takes client connections: a gateway, or the outbound side of a sidecar. */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { MeshproofError } from '../../contracts/errors.ts';
import type { RequestHead } from '../http1/head.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import { Downstream } from './connection.ts';

export class Listener {
  /** `gateway edge` or `outbound`. */
  readonly name: string;
  readonly #connections = new Set<Downstream>();
  readonly #server: Server;
  /** Replaced with each configuration. */
  resolve: (head: RequestHead) => ServicePlan | undefined = () => undefined;
  accepted = 0;

  constructor(runtime: Runtime, name: string) {
    this.name = name;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.accepted++;
      if (this.#connections.size >= runtime.limits.maxConnections) {
        socket.destroy();
        runtime.errors.set('OVERLOADED', (runtime.errors.get('OVERLOADED') ?? 0) + 1);
        return;
      }
      this.#connections.add(
        new Downstream(
          runtime,
          { resolve: (head) => this.resolve(head), closed: (c) => this.#connections.delete(c) },
          socket,
        ),
      );
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** `host:port` as bound (the port is the real one when 0 was asked for). */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
  }

  /** @throws MeshproofError ADDRESS_IN_USE, or CONFIG_REFUSED when the address cannot be bound for another reason */
  open(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const where = `${host}:${port} (${this.name})`;
        reject(
          error.code === 'EADDRINUSE'
            ? new MeshproofError(
                'ADDRESS_IN_USE',
                `${where}: another program listens there; choose another address or stop it`,
                { cause: error },
              )
            : new MeshproofError('CONFIG_REFUSED', `${where}: cannot listen: ${error.code ?? error.message}`, {
                cause: error,
              }),
        );
      });
      this.#server.listen({ host, port, backlog: 1_024 }, () => resolve());
    });
  }

  sweep(nowMs: number): void {
    for (const connection of this.#connections) connection.sweep(nowMs);
  }

  /** Takes no more connections; those that are open go on. */
  stopAccepting(): void {
    this.#server.close();
  }

  destroyConnections(): void {
    for (const connection of [...this.#connections]) connection.destroy();
  }
}

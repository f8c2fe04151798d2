/**
 * Keeps a connection to the control plane, for ever: while there is none the proxy serves on with what it has, and the
 * leases of overlays and faults run out by themselves.
 */
import { WebSocket } from 'ws';
import type { DataplaneApi } from '../dataplane-api.ts';
import { backoffMs } from './backoff.ts';
import { Session } from './session.ts';
import type { SessionDeps } from './session.ts';

export type MeshClientOptions = SessionDeps & {
  /** ws://HOST:PORT/mesh/v1 */
  readonly url: string;
  readonly dataplane: Pick<DataplaneApi, 'setOverlays' | 'renewLeases' | 'halt' | 'observe' | 'onLeaseExpired'>;
  /** Uniform in 0 … 1, for the jitter. */
  readonly random: () => number;
};

const TICK_MS = 100;
const HANDSHAKE_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 500;
const FLUSH_TIMEOUT_MS = 1_000;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export class MeshClient {
  readonly #options: MeshClientOptions;
  readonly #ticker: NodeJS.Timeout;
  #socket: WebSocket | undefined;
  #session: Session | undefined;
  #again: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Leases that ran out while nobody could be told. */
  #untold: { readonly experimentId: string; readonly epoch: number }[] = [];
  #closed = false;

  constructor(options: MeshClientOptions) {
    this.#options = options;
    options.dataplane.onLeaseExpired = (experimentId, epoch) => this.#leaseExpired(experimentId, epoch);
    this.#ticker = setInterval(() => {
      this.#session?.tick();
      options.identity?.tick();
    }, TICK_MS);
    this.#connect();
  }

  /** The proxy was halted by its own admin server: what is in force now must not come back, and we are told. */
  haltedHere(dropped: { readonly overlays: number; readonly faults: number }): void {
    this.#options.haltedRuns.halt();
    this.#session?.send({ type: 'halted', ...dropped });
  }

  /** The proxy is about to end: takes no more configurations, but still obeys overlays, heartbeats and halts. */
  drain(): void {
    this.#options.config.drain();
  }

  /** Sends the last report, and closes. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#again);
    if (this.#session?.open) await this.#session.flush(FLUSH_TIMEOUT_MS);
    await this.#session?.settled();
    const socket = this.#socket;
    if (!socket || socket.readyState === socket.CLOSED) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const cut = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
    socket.close(1000);
    await closed;
    clearTimeout(cut);
  }

  #connect(): void {
    const { url, log } = this.#options;
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#socket = socket;
    // Every error is followed by a close.
    let failure: Error | undefined;
    socket.on('error', (error) => (failure = error));
    socket.on('open', () => this.#opened(socket));
    socket.on('close', (code) => {
      if (this.#closed) return;
      this.#failures = this.#session?.understood ? 1 : this.#failures + 1;
      const waitMs = backoffMs(this.#failures, this.#options.random());
      const words = 'no control plane; the proxy serves on and tries again';
      // Once is a warning; the attempts that follow would only fill the log.
      log[this.#failures === 1 ? 'warn' : 'debug']({ url, code, err: failure, againInMs: Math.round(waitMs) }, words);
      this.#again = setTimeout(() => void this.#reconnect(), waitMs);
    });
  }

  /** What the last connection brought is taken up before the next one says which version we have. */
  async #reconnect(): Promise<void> {
    await this.#session?.settled();
    this.#session = undefined;
    if (!this.#closed) this.#connect();
  }

  #opened(socket: WebSocket): void {
    this.#options.log.info({ url: this.#options.url }, 'connected to the control plane');
    this.#session = new Session(socket, this.#options);
    for (const lease of this.#untold) this.#session.send({ type: 'lease-expired', ...lease });
    this.#untold = [];
    this.#session.tick();
  }

  #leaseExpired(experimentId: string, epoch: number): void {
    this.#options.log.warn(
      { experimentId, epoch },
      'a lease ran out: the overlay is dropped, all goes to the baseline',
    );
    if (this.#session?.open) this.#session.send({ type: 'lease-expired', experimentId, epoch });
    else this.#untold.push({ experimentId, epoch });
  }
}

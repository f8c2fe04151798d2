/** A proxy for tests: says what it is told to say, and remembers what it hears. */
import WebSocket from 'ws';
import type { ArmRow } from '../../contracts/telemetry.ts';
import { FromControl, WIRE_PATH } from '../../contracts/wire.ts';

type Message<T extends FromControl['type']> = Extract<FromControl, { type: T }>;

export class ScriptedProxy {
  readonly heard: FromControl[] = [];
  readonly #socket: WebSocket;
  readonly #id: string;
  #waiting: (() => void)[] = [];
  #seq = 0;
  closed = false;
  closeReason = '';

  private constructor(address: string, id: string) {
    this.#id = id;
    this.#socket = new WebSocket(`ws://${address}${WIRE_PATH}`);
    this.#socket.on('message', (data: Buffer) => {
      this.heard.push(FromControl.parse(JSON.parse(data.toString('utf8'))));
      this.#wake();
    });
    this.#socket.on('close', (_code, reason: Buffer) => {
      this.closeReason = reason.toString('utf8');
      this.closed = true;
      this.#wake();
    });
  }

  /** Connects, and says hello with the version that it has. */
  static async connect(address: string, id = 'edge', configVersion: number | null = null): Promise<ScriptedProxy> {
    const proxy = new ScriptedProxy(address, id);
    await new Promise<void>((resolve, reject) => {
      proxy.#socket.once('open', resolve);
      proxy.#socket.once('error', reject);
    });
    proxy.say({
      type: 'hello',
      v: 1,
      node: { id, role: 'gateway', gateways: [id], pid: 1, build: 'test' },
      configVersion,
    });
    return proxy;
  }

  say(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  report(...arms: ArmRow[]): void {
    this.say({ type: 'telemetry', seq: this.#seq++, windowMs: 200, traffic: [], arms });
  }

  /** A report that never arrives. */
  loseReport(): void {
    this.#seq++;
  }

  /** Waits for the next message of a type that passes; what was heard before counts too, and is taken. */
  async hear<T extends FromControl['type']>(
    type: T,
    passes: (message: Message<T>) => boolean = () => true,
  ): Promise<Message<T>> {
    for (;;) {
      const at = this.heard.findIndex((m) => m.type === type && passes(m as Message<T>));
      if (at >= 0) return this.heard.splice(at, 1)[0] as Message<T>;
      if (this.closed) throw new Error(`${this.#id}: the connection closed before a ${type} came`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for the end. @returns the reason that was given */
  async closing(): Promise<string> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.closeReason;
  }

  close(): void {
    this.#socket.terminate();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export function armRow(
  experimentId: string,
  epoch: number,
  arm: ArmRow['arm'],
  candidatePpm: number,
  requests: number,
  errors: number,
): ArmRow {
  return {
    experimentId,
    epoch,
    arm,
    candidatePpm,
    requests,
    errors,
    shielded: 0,
    latencySumUs: requests * 1_000,
    latency: [[400, requests]],
  };
}

/** A service in two versions, and users who ask for it through the gateway at a steady pace. All in the test's process. */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Version {
  /** Answers given; of these, failures. */
  served = 0;
  failed = 0;
  /** 0…1; spread evenly, so that the share is exact. */
  errorRate = 0;
  /** 0…1: answers that report the goal `signup`; spread evenly too. */
  goalRate = 0;
  goals = 0;
  /** The JSON that it answers with; without it, a word. */
  answer: ((n: number) => unknown) | undefined;
  /** Requests that were copies, and requests that write. */
  copies = 0;
  writes = 0;
  readonly #name: string;
  readonly #server: Server;

  private constructor(name: string) {
    this.#name = name;
    this.#server = createServer((asked, response) => {
      this.served++;
      if (asked.headers['x-meshproof-shadow'] !== undefined) this.copies++;
      if (asked.method !== 'GET') this.writes++;
      asked.resume();
      const fails = this.failed < Math.floor(this.served * this.errorRate);
      if (fails) this.failed++;
      const reaches = this.goals < Math.floor(this.served * this.goalRate);
      if (reaches) this.goals++;
      const json = this.answer?.(this.served);
      response.writeHead(fails ? 500 : 200, {
        'x-version': this.#name,
        ...(reaches ? { 'x-goal': 'signup' } : {}),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      });
      response.end(json === undefined ? 'ok' : JSON.stringify(json));
    });
  }

  static async start(name: string): Promise<Version> {
    const version = new Version(name);
    version.#server.listen(0, '127.0.0.1');
    await once(version.#server, 'listening');
    return version;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The header fields of the n-th request. */
export type HeadersOf = (n: number) => Record<string, string>;

export type MethodOf = (n: number) => 'GET' | 'POST';

export class Users {
  answered = 0;
  /** By the version that answered. */
  readonly by: Record<string, number> = {};
  /** 5xx, or no answer. */
  failed = 0;
  /** Answers that the proxy made itself, and requests without an answer: never the versions' fault. */
  readonly lost: string[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #timer: NodeJS.Timeout;
  readonly #url: string;
  readonly #headersOf: HeadersOf;
  readonly #methodOf: MethodOf;
  #asked = 0;
  /** Answers that still named a goal. */
  goalsSeen = 0;
  #stopped = false;

  constructor(url: string, rps: number, headersOf: HeadersOf = () => ({}), methodOf: MethodOf = () => 'GET') {
    this.#url = url;
    this.#headersOf = headersOf;
    this.#methodOf = methodOf;
    this.#timer = setInterval(() => this.#ask(), 1_000 / rps);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #ask(): void {
    const n = this.#asked++;
    const asked = request(
      this.#url,
      { agent: this.#agent, timeout: 5_000, method: this.#methodOf(n), headers: this.#headersOf(n) },
      (response) => {
        response.resume();
        this.answered++;
        const version = response.headers['x-version'];
        if (typeof version === 'string') this.by[version] = (this.by[version] ?? 0) + 1;
        if ((response.statusCode ?? 0) >= 500) this.failed++;
        if (response.headers['x-goal'] !== undefined) this.goalsSeen++;
        const own = response.headers['x-meshproof-error'];
        if (own !== undefined) this.lost.push(String(own));
      },
    );
    asked.on('error', (error) => {
      if (!this.#stopped) this.lost.push(error.message);
    });
    asked.end();
  }
}

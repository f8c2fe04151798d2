/** A service in two versions, and users who ask for it through the gateway at a steady pace. All in the test's process. */
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
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
  readonly #name: string;
  readonly #server: Server;

  private constructor(name: string) {
    this.#name = name;
    this.#server = createServer((_request, response) => {
      this.served++;
      const fails = this.failed < Math.floor(this.served * this.errorRate);
      if (fails) this.failed++;
      const reaches = this.goals < Math.floor(this.served * this.goalRate);
      if (reaches) this.goals++;
      response.writeHead(fails ? 500 : 200, { 'x-version': this.#name, ...(reaches ? { 'x-goal': 'signup' } : {}) });
      response.end('ok');
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
  #asked = 0;
  /** Answers that still named a goal. */
  goalsSeen = 0;
  #stopped = false;

  constructor(url: string, rps: number, headersOf: HeadersOf = () => ({})) {
    this.#url = url;
    this.#headersOf = headersOf;
    this.#timer = setInterval(() => this.#ask(), 1_000 / rps);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #ask(): void {
    const request = get(
      this.#url,
      { agent: this.#agent, timeout: 5_000, headers: this.#headersOf(this.#asked++) },
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
    request.on('error', (error) => {
      if (!this.#stopped) this.lost.push(error.message);
    });
  }
}

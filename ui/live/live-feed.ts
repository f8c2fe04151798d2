/**
 * The live stream: one WebSocket that comes back by itself. It is taken for dead when it is silent for too long,
 * because a connection whose peer vanished without a word stays "open" for minutes.
 */
import type { LiveMessage } from '../../contracts/live.ts';
import { LIVE_PATH } from '../../contracts/paths.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
/** The server speaks once a second. */
const SILENCE_MS = 6_000;

export type FeedEvents = {
  readonly onMessage: (message: LiveMessage) => void;
  /** A connection was made, the first one or again: what was missed must be fetched. */
  readonly onOpen: () => void;
};

/** The stream of the server that served the page. */
export function liveUrl(page: string): string {
  const url = new URL(LIVE_PATH, page);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** How long to wait before the n-th attempt in a row. @param jitter - 0 … 1, so that many pages do not come at once */
export function retryDelayMs(attempt: number, jitter: number): number {
  const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return base * (0.75 + jitter / 2);
}

/** Messages of a newer server whose type is not known here are left out. */
export function readMessage(text: string): LiveMessage | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  const known = ['overview', 'experiment', 'point', 'journal', 'delivery'];
  return known.includes(String(value.type)) ? (value as LiveMessage) : undefined;
}

export class LiveFeed {
  readonly #url: string;
  readonly #events: FeedEvents;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #closed = false;

  constructor(url: string, events: FeedEvents) {
    this.#url = url;
    this.#events = events;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#watchSilence(socket);
    socket.onopen = () => {
      this.#attempt = 0;
      this.#events.onOpen();
    };
    socket.onmessage = ({ data }) => {
      this.#watchSilence(socket);
      const message = readMessage(String(data));
      if (message) this.#events.onMessage(message);
    };
    socket.onclose = () => {
      if (this.#closed || this.#socket !== socket) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#connect(), retryDelayMs(this.#attempt++, Math.random()));
    };
  }

  #watchSilence(socket: WebSocket): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // Not waiting for its close event: a dead peer may never confirm it.
      socket.onclose = null;
      socket.close();
      this.#connect();
    }, SILENCE_MS);
  }
}

/** Asks webhooks, with their retries. What an answer means stands here; what follows from it, in experiments/webhooks.ts. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Webhook } from '../../contracts/webhook.ts';
import type { Answer, Question } from '../../experiments/ports.ts';
import type { Posted } from './post.ts';
import { send, sentenceOf } from './send.ts';
import type { Secrets } from './secrets.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Statuses that say "not now" of the receiver, not of the question. */
const TROUBLE: readonly number[] = [408, 425, 429];

export type AskerOptions = { readonly secrets: Secrets; readonly wallClock: () => Date; readonly random: () => number };

export class WebhookAsker {
  readonly #options: AskerOptions;
  readonly #closing = new AbortController();

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async ask(hook: Webhook, question: Question): Promise<Answer> {
    const { wallClock } = this.#options;
    const body = JSON.stringify({ ...question, webhook: hook.name, timestamp: wallClock().toISOString() });
    const message = { id: `msg_${randomUUID()}`, contentType: 'application/json', body };
    for (let attempt = 0; ; attempt++) {
      const { answer, retryAfterMs } = await this.#attempt(hook, message);
      if (answer.answer !== 'error' || attempt >= hook.retries || this.#closing.signal.aborted) return answer;
      await this.#pause(attempt, retryAfterMs);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #attempt(
    hook: Webhook,
    message: Parameters<typeof send>[1],
  ): Promise<{ answer: Answer; retryAfterMs: number | null }> {
    try {
      const posted = await send(hook, message, { ...this.#options, signal: this.#closing.signal });
      return { answer: answerOf(posted), retryAfterMs: posted.retryAfterMs };
    } catch (error) {
      return {
        answer: { answer: 'error', says: error instanceof Error ? error.message : String(error) },
        retryAfterMs: null,
      };
    }
  }

  async #pause(attempt: number, retryAfterMs: number | null): Promise<void> {
    const doubled = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + this.#options.random());
    const ms = Math.min(LONGEST_PAUSE_MS, Math.max(doubled, retryAfterMs ?? 0));
    await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined); // closing ends the pause
  }
}

/** 2xx is a yes; 408, 425, 429 and 5xx are no answer; all else is a no. */
export function answerOf({ status, text }: Pick<Posted, 'status' | 'text'>): Answer {
  if (status >= 200 && status < 300) return { answer: 'yes', says: sentenceOf(text) };
  const sentence = sentenceOf(text);
  const says = sentence === '' ? String(status) : `${status}: ${sentence}`;
  return { answer: status >= 500 || TROUBLE.includes(status) ? 'error' : 'no', says };
}

/** Asks the webhooks whose answers a run waits for, one question each at a time. */
import { DEFAULT_INTERVAL_MS } from '../contracts/webhook.ts';
import type { Ports, Question } from './ports.ts';
import { reasonNow } from './sentences.ts';
import type { Event, State } from './state.ts';
import type { Story } from './story.ts';
import { wantedNow } from './webhooks.ts';
import type { Wanted } from './webhooks.ts';

type Answered = Extract<Event, { type: 'answered' }>;

export class Asking {
  readonly #ports: Ports;
  /** By question: when it is to be asked (again); Infinity while an answer is awaited. */
  readonly #dueMs = new Map<string, number>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  tick(story: Story, state: State, tell: (event: Answered) => void): void {
    if ((story.terms.webhooks ?? []).length === 0) return;
    const wanted = wantedNow(story, state).filter(({ hook }) => hook.webhook !== null);
    for (const id of this.#dueMs.keys()) if (!wanted.some((w) => idOf(w) === id)) this.#dueMs.delete(id);
    for (const one of wanted) {
      const id = idOf(one);
      if (this.#ports.nowMs() < (this.#dueMs.get(id) ?? 0)) continue;
      this.#dueMs.set(id, Infinity);
      void this.#ask(one, questionOf(story, state, one)).then((event) => {
        const pause = one.hook.interval ?? DEFAULT_INTERVAL_MS;
        if (this.#dueMs.has(id)) this.#dueMs.set(id, this.#ports.nowMs() + pause);
        tell(event);
      });
    }
  }

  async #ask({ hook: { name, webhook }, key }: Wanted, question: Question): Promise<Answered> {
    const asked = { type: 'answered', webhook: name, key } as const;
    const { ask } = this.#ports;
    if (!ask || webhook === null) return { ...asked, answer: 'error', says: 'this control plane asks no webhooks' };
    return ask(webhook, question).then(
      (answer) => ({ ...asked, ...answer }),
      (error: unknown) => ({ ...asked, answer: 'error', says: error instanceof Error ? error.message : String(error) }),
    );
  }
}

function idOf({ hook, key }: Wanted): string {
  return `${key}/${hook.name}`;
}

function questionOf(story: Story, state: State, { hook, key }: Wanted): Question {
  const { run, terms, stepsPpm } = story;
  const step =
    hook.at === 'before-start' ? 0 : hook.at === 'before-step' ? Number(key.split(' ')[1]) : state.stepIndex + 1;
  return {
    type: hook.at,
    question: `${run.id}-${key.replace(' ', '-')}-${hook.name}`,
    name: run.document.metadata.name,
    run: run.id,
    kind: run.document.kind,
    service: terms.service,
    baseline: terms.baseline || state.stable,
    candidate: terms.candidate,
    phase: state.phase,
    step,
    steps: stepsPpm.length,
    weight: (stepsPpm[step - 1] ?? 0) / 10_000,
    verdict: state.judgement.verdict,
    reason: reasonNow(story, state),
    totals: state.totals,
    metadata: hook.webhook?.metadata ?? {},
  };
}

/** One canary of the demo, from its start to its end, with what its users saw meanwhile. */
import type { SourceDocument } from '../../contracts/document.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { Client } from '../api/client.ts';
import { follow } from '../api/follow.ts';
import { hasEnded } from '../text/experiment.ts';
import { NOTHING_OBSERVED, observe } from './observed.ts';
import type { Show } from './show.ts';
import type { CanaryResult } from './summary.ts';
import type { Traffic } from './traffic.ts';

const ASK_EVERY_MS = 150;

export type CanaryRun = {
  readonly client: Client;
  readonly traffic: Traffic;
  readonly document: SourceDocument;
  readonly show: Show;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
};

/** @throws MeshproofError as the API does; INTERNAL when it has not ended by the deadline */
export async function runCanary(run: CanaryRun): Promise<CanaryResult> {
  const { client, traffic, document, show, signal } = run;
  const before = await traffic.next();
  await client.start(document);
  let observed = NOTHING_OBSERVED;
  const { value } = await follow<ExperimentView>({
    ask: () => client.experiment(document.metadata.name),
    ended: hasEnded,
    onValue: (view) => {
      observed = observe(observed, view);
      show.update(view, traffic.last);
    },
    onAway: (away) => {
      show.say(away ? 'the control plane does not answer; waiting for it' : 'the control plane is back');
    },
    everyMs: ASK_EVERY_MS,
    nowMs: () => performance.now(),
    deadlineMs: run.deadlineMs,
    signal,
  });
  signal.throwIfAborted();
  if (!value || !hasEnded(value)) {
    throw new MeshproofError('INTERNAL', `${document.metadata.name} did not end in time; it is ${value?.phase}`);
  }
  // Requests that were under way when it ended belong to it: two reports are half a second.
  await traffic.next();
  await traffic.next();
  const after = await traffic.next();
  const users = { sent: after.sent - before.sent, errors: after.errors - before.errors };
  return { view: value, noticed: observed.noticed, users };
}

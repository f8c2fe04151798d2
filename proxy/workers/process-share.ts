/** What this worker shares with the others, over the channel to the first process. */
import type { Clock } from '../dataplane-api.ts';
import { WorkerShare } from '../shared/worker-share.ts';
import type { ToWorkerProcess } from './messages.ts';

export function processShare(clock: Clock): WorkerShare {
  const share = new WorkerShare((message) => {
    // A first process that has gone shares nothing any more, and this worker drains.
    if (process.connected) process.send?.(message);
  }, clock);
  process.on('message', (message: ToWorkerProcess) => {
    if (message.type === 'shared') share.receive(message);
  });
  share.join();
  return share;
}

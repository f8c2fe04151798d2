/**
 * Ends what `up` started when `up` itself is killed and cannot. Holds only process groups, told over the IPC channel;
 * when the channel closes without an orderly end, it signals every group that is left, and then itself ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup } from './process-group.ts';

export type ReaperMessage = { readonly add: number } | { readonly remove: number } | { readonly done: true };

const GRACE_MS = 2_000;

const groups = new Set<number>();

process.on('message', (message: ReaperMessage) => {
  if ('add' in message) groups.add(message.add);
  else if ('remove' in message) groups.delete(message.remove);
  else process.exit(0);
});

process.once('disconnect', () => void reap());

// It must outlive a signal that is meant for the whole terminal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function reap(): Promise<void> {
  const left = [...groups].filter((pid) => signalGroup(pid, 'SIGTERM'));
  if (left.length > 0) await sleep(GRACE_MS);
  for (const pid of left) signalGroup(pid, 'SIGKILL');
  process.exit(0);
}

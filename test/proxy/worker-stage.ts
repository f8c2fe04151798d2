/** Two data planes that share their limits, as the workers of one proxy do. */
import { onTestFinished } from 'vitest';
import type { ToWorker } from '../../proxy/shared/messages.ts';
import { ShareHub } from '../../proxy/shared/share-hub.ts';
import { WorkerShare } from '../../proxy/shared/worker-share.ts';
import type { Gateway, Setup } from './gateway.ts';
import { gatewayTo } from './stage.ts';

const realClock = { nowMs: (): number => performance.now() };

/** With what it was last told of what the other holds. */
export type Worker = Gateway & { readonly elsewhere: Map<string, number> };

/** Messages take a turn of the event loop, as between processes. */
export async function two(setup: Setup): Promise<[Worker, Worker]> {
  const clock = setup.clock ?? realClock;
  const hub = new ShareHub(clock);
  onTestFinished(() => hub.close());
  const one = async (id: number): Promise<Worker> => {
    const elsewhere = new Map<string, number>();
    const answer = (message: ToWorker): void =>
      void setImmediate(() => {
        for (const [key, count] of message.counts ?? []) elsewhere.set(key.split('\n')[0] ?? '', count);
        sharing.receive(structuredClone(message));
      });
    const sharing = new WorkerShare((m) => setImmediate(() => hub.receive(id, structuredClone(m), answer)), clock);
    sharing.join();
    onTestFinished(() => sharing.close());
    return { ...(await gatewayTo({ ...setup, options: { sharing } })), elsewhere };
  };
  return [await one(1), await one(2)];
}

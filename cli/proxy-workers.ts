/** `proxy --workers N`: the first process and its workers, which run the same command. */
import cluster from 'node:cluster';
import { pino } from 'pino';
import type { Options } from './command.ts';
import type { ProxyWish } from './commands/proxy.ts';
import { EXIT } from './exit-codes.ts';
import { UsageError } from './failure.ts';
import { interruptedExit } from './interrupted.ts';
import type { Terminal } from './terminal.ts';
import { untilAborted } from './up/until-aborted.ts';

const MAX_WORKERS = 256;

/** @throws UsageError */
export function workerCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MAX_WORKERS) {
    throw new UsageError(
      `--workers "${text}" is not a number of processes`,
      `give a whole number from 1 to ${MAX_WORKERS}`,
    );
  }
  return count;
}

export async function runWorkers(
  count: number,
  wanted: ProxyWish,
  options: Options,
  terminal: Terminal,
): Promise<number> {
  const { startWorkers } = await import('../proxy/main.ts');
  const log = pino({ level: options.text('logLevel') ?? 'info' });
  const { admin, haltFile } = wanted;
  const workers = await startWorkers({
    count,
    ...(admin === undefined ? {} : { admin }),
    ...(haltFile === undefined ? {} : { haltFile }),
    log,
    nowMs: () => performance.now(),
  });
  sayListeners(workers.listeners, terminal);
  if (workers.adminAddress !== undefined) terminal.err(`admin: http://${workers.adminAddress}/metrics\n`);
  await untilAborted(terminal.signal);
  await workers.close();
  return interruptedExit(terminal.signal);
}

/** The admin server is the first process's; in a mesh each worker is a node of its own. */
export function workerWish({
  admin: _,
  haltFile: __,
  dataDir,
  node,
  ...wish
}: ProxyWish): ProxyWish & { isWorker: true } {
  const suffix = `w${cluster.worker?.id ?? 0}`;
  return {
    ...wish,
    isWorker: true,
    ...(node === undefined ? {} : { node: { ...node, id: `${node.id}-${suffix}` } }),
    ...(dataDir === undefined ? {} : { dataDir: `${dataDir}/${suffix}` }),
  };
}

type WorkerProxy = {
  readonly serveAsWorker: (onDrain: () => void) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A worker ends when the first process says so: signals of a terminal reach both, and are the first one's to answer. */
export async function serveUntilDrained(running: WorkerProxy): Promise<number> {
  await new Promise<void>((onDrain) => void running.serveAsWorker(onDrain));
  await running.close();
  process.disconnect?.();
  return EXIT.OK;
}

export function sayListeners(
  listeners: readonly { readonly name: string; readonly address: string }[],
  terminal: Terminal,
): void {
  for (const { name, address } of listeners) terminal.err(`${name}: http://${address}/\n`);
}

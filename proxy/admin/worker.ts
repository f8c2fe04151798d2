/**
 * The admin thread: an HTTP server that shares no lock, queue or connection with traffic. /halt turns the switch in
 * shared memory from here, so it works while the traffic thread is stuck; everything else is asked of that thread.
 */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { HaltSwitch } from '../halt-switch.ts';
import { answerRequest } from './answer.ts';
import type { FromWorker, ToWorker, WorkerInput } from './messages.ts';
import { Questions } from './questions.ts';

if (parentPort === null) throw new Error('proxy/admin/worker runs as a thread of the proxy only');
const port = parentPort;
// Written by admin/server.ts, the only one that starts this thread.
const input = workerData as WorkerInput;

/** How often the file is looked for. */
const HALT_FILE_LOOK_MS = 100;

const tell = (message: FromWorker): void => {
  port.postMessage(message);
};
const questions = new Questions((id, question) => tell({ type: 'ask', id, question }), input.askTimeoutMs);
port.on('message', (message: ToWorker) => questions.take(message));

const context = {
  ask: questions.ask.bind(questions),
  halt: new HaltSwitch(input.halt),
  configuredHost: input.host,
  nowMs: () => performance.now(),
  onHalted: (tookMs: number) => tell({ type: 'halted', tookMs, again: false }),
};

if (input.haltFile !== undefined) watchHaltFile(input.haltFile);

const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 }, (request, response) => {
  void answerRequest(request, context).then(({ status, type, body, headers }) => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
});
server.once('error', (error: NodeJS.ErrnoException) => {
  tell({ type: 'cannot-listen', code: error.code ?? error.message });
  // Nothing is left to do here: the thread ends, and the one that started it decides.
  port.close();
});
server.listen({ host: input.host, port: input.port }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  tell({ type: 'listening', address: `${host}:${address.port}` });
});

/** For whoever has a shell on the machine and no network: what is declared while the file exists is turned off too. */
function watchHaltFile(file: string): void {
  let existed = false;
  setInterval(() => {
    const exists = existsSync(file);
    if (exists) {
      context.halt.halt();
      tell({ type: 'halted', tookMs: 0, again: existed });
    }
    existed = exists;
  }, HALT_FILE_LOOK_MS);
}

/** The side of a worker process: answers the first process, and does what it says. */
import type { Question } from '../admin/messages.ts';
import type { DataplaneApi } from '../dataplane-api.ts';
import type { FromWorkerProcess, ToWorkerProcess, WorkerAnswer } from './messages.ts';

export type WorkerSide = {
  readonly dataplane: DataplaneApi;
  readonly reload: () => Promise<boolean>;
  /** Called once, when the first process wants this one to end. */
  readonly onDrain: () => void;
};

/** Begins to listen to the first process. The caller serves already. */
export function serveAsWorker({ dataplane, reload, onDrain }: WorkerSide): void {
  const tell = (message: FromWorkerProcess): void => {
    process.send?.(message);
  };
  process.on('message', (message: ToWorkerProcess) => {
    switch (message.type) {
      case 'shared': // proxy/workers/process-share.ts takes these, also before we serve
        return;
      case 'ask':
        return tell({ type: 'answer', id: message.id, answer: answerOf(dataplane, message.question) });
      case 'halt':
        return tell({ type: 'halted', ...dataplane.halt() });
      case 'reload':
        return void reload();
      case 'drain':
        return onDrain();
    }
  });
  // A worker without its first process would serve what nobody can reach or change.
  process.once('disconnect', onDrain);
  tell({ type: 'serving', listeners: dataplane.config().listeners });
}

function answerOf(dataplane: DataplaneApi, question: Question): WorkerAnswer {
  switch (question) {
    case 'ready':
      return dataplane.ready();
    case 'metrics':
      return dataplane.metrics();
    case 'stack':
      return dataplane.stack();
    case 'config':
      return dataplane.config();
    case 'endpoints':
      return dataplane.endpoints();
  }
}

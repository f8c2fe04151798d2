/** What the first process and its workers say to each other. */
import type { FromWorker, ToWorker } from '../shared/messages.ts';
import type { Answers, Question } from '../admin/messages.ts';

/** The parts of an answer that a worker can give; the process sample is that of the asker. */
export type WorkerAnswer = Answers[Question] | Answers['metrics']['snapshot'];

export type ToWorkerProcess =
  | ToWorker
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  | { readonly type: 'halt' }
  | { readonly type: 'reload' }
  /** Take no more connections, let requests end, then exit. */
  | { readonly type: 'drain' };

export type FromWorkerProcess =
  | FromWorker
  | { readonly type: 'serving'; readonly listeners: readonly { readonly name: string; readonly address: string }[] }
  | { readonly type: 'answer'; readonly id: number; readonly answer: WorkerAnswer }
  | { readonly type: 'halted'; readonly overlays: number; readonly faults: number };

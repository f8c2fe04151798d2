/** What the admin thread and the thread that carries traffic say to each other. */
import type { EndpointView } from '../balancing/endpoint-view.ts';
import type { ConfigDump, MetricsSnapshot } from '../dataplane-api.ts';
import type { ProcessSample } from '../metrics/process.ts';

/** What only the traffic thread knows. */
export type Answers = {
  readonly ready: boolean;
  readonly metrics: { readonly snapshot: MetricsSnapshot; readonly process: ProcessSample };
  readonly stack: readonly { readonly role: string; readonly why: string }[];
  readonly config: ConfigDump;
  readonly endpoints: readonly EndpointView[];
};
export type Question = keyof Answers;

export type WorkerInput = {
  readonly host: string;
  readonly port: number;
  /** The memory of the HaltSwitch. */
  readonly halt: SharedArrayBuffer;
  readonly askTimeoutMs: number;
  /** While a file of this name exists, the proxy is halted. */
  readonly haltFile?: string;
};

export type FromWorker =
  | { readonly type: 'listening'; readonly address: string }
  /** `code`: of node:net, such as EADDRINUSE. */
  | { readonly type: 'cannot-listen'; readonly code: string }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** The switch was turned; `tookMs` is how long the turning took. `again`: the halt file is still there. */
  | { readonly type: 'halted'; readonly tookMs: number; readonly again: boolean };

export type ToWorker =
  | { readonly id: number; readonly answer: Answers[Question] }
  /** The question could not be answered; `failed` says why. */
  | { readonly id: number; readonly failed: string };

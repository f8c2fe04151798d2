/** The kinds of faults on requests and answers. Adding one: its file, a line here, its key in contracts/fault.ts. */
import { abort } from './abort.ts';
import { body } from './body.ts';
import { corrupt } from './corrupt.ts';
import { delay } from './delay.ts';
import { endpointGone } from './endpoint-gone.ts';
import { hang } from './hang.ts';
import { headers } from './headers.ts';
import type { FaultKind } from './kind.ts';
import { partition } from './partition.ts';
import { resetInBody } from './reset-in-body.ts';
import { throttle } from './throttle.ts';
import { truncate } from './truncate.ts';

/** In the order in which they act on one message: the body is changed before it is cut, and cut before it is slowed. */
export const FAULT_KINDS: readonly FaultKind[] = [
  delay,
  hang,
  abort,
  headers,
  body,
  corrupt,
  truncate,
  resetInBody,
  throttle,
  partition,
  endpointGone,
];

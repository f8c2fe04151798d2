/** The kinds of faults on connections. Adding one: its file, a line here, its name in stage.ts, its key in the contract. */
import { bandwidth } from './bandwidth.ts';
import { blackHole } from './black-hole.ts';
import { latency } from './latency.ts';
import { limitData } from './limit-data.ts';
import { reset } from './reset.ts';
import { slicer } from './slicer.ts';
import { slowClose } from './slow-close.ts';
import type { TcpFaultKind } from './stage.ts';

/** In the order in which bytes pass them, where one document asks for several. */
export const TCP_FAULT_KINDS: readonly TcpFaultKind[] = [
  reset,
  blackHole,
  limitData,
  latency,
  bandwidth,
  slicer,
  slowClose,
];

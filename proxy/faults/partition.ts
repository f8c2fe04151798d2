/** Partition: calls of one service to another cannot connect. Only the proxies of the calling service get such a fault. */
import type { FaultKind } from './kind.ts';

export const partition: FaultKind = ({ partition: spec }) => spec && { type: 'partition', abort: 'connect' };

/** Hang: no answer and no end, as from a process that is stopped. A timeout, or the client, has to end it. */
import type { FaultKind } from './kind.ts';

export const hang: FaultKind = ({ hang: asked }) => (asked ? { type: 'hang', hangs: true } : undefined);

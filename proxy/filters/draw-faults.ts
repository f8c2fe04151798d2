/** What both fault filters share: drawing which faults a request meets, waiting out delays, then aborting. */
import type { Exchange } from '../exchange.ts';
import type { ActiveFault } from '../faults.ts';
import { ANSWERED, CONTINUE, SUSPENDED } from '../plan/plan.ts';
import type { Step } from '../plan/plan.ts';

/** How an abort is carried out at a level: with a status, or (undefined) by breaking the connection. */
export type Abort = (exchange: Exchange, fault: ActiveFault, status: number | undefined) => void;

/** Delays add up; of several aborts the last one counts. Delay first, then abort, as Envoy does. */
export function faultStep(faults: readonly ActiveFault[], abort: Abort): Step {
  const abortDrawn = (exchange: Exchange): boolean => {
    const drawn = exchange.drawnAbort;
    if (!drawn) return false;
    exchange.drawnAbort = undefined;
    const status = drawn.spec.abort?.status;
    if (status === undefined) drawn.resets++;
    else drawn.aborts++;
    abort(exchange, drawn, status);
    return true;
  };
  return (exchange) => {
    let delayMs = 0;
    for (const fault of faults) {
      if (!fault.hits(exchange.head, exchange.version?.name, exchange.attempts)) continue;
      exchange.faults++;
      if (fault.spec.delay) {
        fault.delays++;
        delayMs += fault.spec.delay.fixed;
      }
      if (fault.spec.abort) exchange.drawnAbort = fault;
    }
    if (delayMs > 0) {
      exchange.suspendFor(delayMs, abortDrawn);
      return SUSPENDED;
    }
    return abortDrawn(exchange) ? ANSWERED : CONTINUE;
  };
}

/** Faults at attempt level meet a rival as they meet any attempt; or hedging would look better than it is. */
import type { Exchange } from '../exchange.ts';
import type { ActiveFault } from '../faults.ts';

export type DrawnFaults = { readonly delayMs: number; readonly abort: ActiveFault | undefined };

/** @param attempt - the rival's number among the attempts of its request: each is drawn for itself */
export function drawFaults(exchange: Exchange, faults: readonly ActiveFault[], attempt: number): DrawnFaults {
  let delayMs = 0;
  let abort: ActiveFault | undefined;
  for (const fault of faults) {
    if (!fault.hits(exchange.head, exchange.version?.name, attempt)) continue;
    exchange.faults++;
    if (fault.spec.delay) {
      fault.delays++;
      delayMs += fault.spec.delay.fixed;
    }
    if (fault.spec.abort) abort = fault;
  }
  return { delayMs, abort };
}

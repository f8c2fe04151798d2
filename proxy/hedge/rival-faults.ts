/** Faults at attempt level meet a rival as they meet any attempt; or hedging would look better than it is. */
import type { Exchange } from '../exchange.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import { HANG_MS } from '../faults/step.ts';
import type { DrawnAbort } from '../faults/step.ts';

export type DrawnFaults = {
  /** What each makes it wait. */
  readonly delays: readonly { readonly fault: ActiveFault; readonly ms: number }[];
  readonly abort: DrawnAbort | undefined;
};

/** @param attempt - the rival's number among the attempts of its request: each is drawn for itself */
export function drawFaults(exchange: Exchange, faults: readonly ActiveFault[], attempt: number): DrawnFaults {
  const delays: { fault: ActiveFault; ms: number }[] = [];
  let abort: DrawnAbort | undefined;
  for (const fault of faults) {
    const hash = fault.draw(exchange.head, exchange.version?.name, attempt, exchange);
    if (hash < 0) continue;
    if (fault.actsBefore) fault.meet(exchange);
    let ms = 0;
    for (const act of fault.planned) {
      ms += act.hangs ? HANG_MS : (act.delayMs?.(hash) ?? 0);
      if (act.hangs || act.delayMs) fault.count(act.type);
      if (act.abort) abort = { fault, answer: act.abort };
    }
    if (ms > 0) delays.push({ fault, ms });
  }
  return { delays, abort };
}

/** What both fault filters share: drawing what a request meets, waiting, aborting, and changing the answer. */
import type { Exchange } from '../exchange.ts';
import type { RouteParts } from '../filters/filter.ts';
import { ANSWERED, CONTINUE, SUSPENDED } from '../plan/plan.ts';
import type { RespondStep, Step } from '../plan/plan.ts';
import type { ActiveFault, Wait } from './active-fault.ts';
import type { Abort, FaultType } from './kind.ts';

/** How an abort is carried out at a level. */
export type CarryOut = (exchange: Exchange, fault: ActiveFault, answer: Abort) => void;
export type DrawnAbort = { readonly fault: ActiveFault; readonly answer: Abort };
/** What an answer will meet, if one comes. */
export type DrawnAnswer = { readonly fault: ActiveFault; readonly hash: number };

/** Under which name it is counted. */
export function typeOfAbort(answer: Abort): FaultType {
  if (answer === 'connect') return 'partition';
  return answer === 'reset' ? 'reset' : 'abort';
}

/** At attempt level the retry policy, the shield and outlier detection meet it as the endpoint's own answer. */
export function abortAttempt(exchange: Exchange, answer: Abort): void {
  if (typeof answer === 'string') {
    exchange.attemptFailed(answer);
    return;
  }
  exchange.faultAnswer = answer;
  exchange.grpcStatus = answer.grpcStatus;
  exchange.attemptFailed('status', answer.status);
}

/** At request level nobody stands between the fault and the client. */
export function abortRequest(exchange: Exchange, fault: ActiveFault, answer: Abort): void {
  if (typeof answer === 'string') {
    exchange.reset();
    return;
  }
  exchange.faultAnswer = answer;
  exchange.answer('FAULT_ABORT', `fault ${fault.name}`, answer.status);
}

/** Longer than anybody waits; the fault's end, a timeout or the client comes first. */
export const HANG_MS = 24 * 3_600_000;

/** Delays add up; of several aborts the last one counts. Delay first, then abort, as Envoy does. */
export function faultStep(faults: readonly ActiveFault[], carryOut: CarryOut): Step {
  const goOn = (exchange: Exchange): boolean => {
    for (const fault of faults) fault.letGo(exchange);
    return abortDrawn(exchange, carryOut);
  };
  return (exchange) => {
    let wait: Wait | undefined;
    let drawn = exchange.drawnAnswers?.filter(({ fault }) => !faults.includes(fault));
    for (const fault of faults) {
      const hash = fault.draw(exchange.head, exchange.version?.name, exchange.attempts, exchange);
      if (hash < 0) continue;
      const ownMs = before(exchange, fault, hash);
      if (ownMs > 0) {
        wait ??= waitOf(exchange, goOn);
        wait.totalMs += ownMs;
        fault.hold(exchange, ownMs, wait);
      }
      if (fault.actsOnAnswer) (drawn ??= []).push({ fault, hash });
    }
    exchange.drawnAnswers = drawn;
    if (wait === undefined) return abortDrawn(exchange, carryOut) ? ANSWERED : CONTINUE;
    exchange.suspendFor(wait.totalMs, goOn);
    return SUSPENDED;
  };
}

function waitOf(exchange: Exchange, goOn: (exchange: Exchange) => boolean): Wait {
  const waitFor = (ms: number): void => exchange.suspendFor(ms, goOn);
  return { startMs: exchange.runtime.clock.nowMs(), totalMs: 0, waitFor };
}

/** What happens before the request goes on. @returns milliseconds to wait */
function before(exchange: Exchange, fault: ActiveFault, hash: number): number {
  let waitMs = 0;
  if (fault.actsBefore) fault.meet(exchange);
  for (const act of fault.planned) {
    if (act.delayMs) waitMs += act.delayMs(hash);
    if (act.hangs) waitMs += HANG_MS;
    act.request?.(exchange);
    if (act.abort) exchange.drawnAbort = { fault, answer: act.abort };
    if (act.delayMs || act.hangs || act.request) fault.count(act.type);
  }
  return waitMs;
}

function abortDrawn(exchange: Exchange, carryOut: CarryOut): boolean {
  const drawn = exchange.drawnAbort;
  exchange.drawnAbort = undefined;
  if (!drawn?.fault.active) return false;
  drawn.fault.count(typeOfAbort(drawn.answer));
  carryOut(exchange, drawn.fault, drawn.answer);
  return true;
}

/** The parts of a fault filter beside its step. */
export function faultParts(faults: readonly ActiveFault[]): Pick<RouteParts, 'respond' | 'attemptEnd' | 'end'> {
  const letGo = (exchange: Exchange): void => {
    for (const fault of faults) fault.letGo(exchange);
  };
  const waits = faults.some((fault) => fault.waits);
  const changes = faults.some((fault) => fault.actsOnAnswer);
  const areHeld = faults.some(({ caps }) => caps.some((cap) => cap.leave !== undefined));
  const end = (exchange: Exchange): void => {
    letGo(exchange);
    for (const fault of faults) fault.leave(exchange);
  };
  return {
    ...(waits ? { attemptEnd: letGo, end: letGo } : {}),
    ...(areHeld ? { end } : {}),
    ...(changes ? { respond: respondStep(faults) } : {}),
  };
}

function respondStep(faults: readonly ActiveFault[]): RespondStep {
  return (exchange, head) => {
    for (const { fault, hash } of exchange.drawnAnswers ?? []) {
      if (!faults.includes(fault) || !fault.active) continue;
      for (const act of fault.planned) act.respond?.(exchange, head, fault, hash);
    }
  };
}

/** A runtime whose clock the test moves, and a request head from a few words. */
import { Overload } from '../admission/overload.ts';
import { Turns } from '../admission/turns.ts';
import { HaltSwitch } from '../halt-switch.ts';
import { COMPLETE, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { Random } from '../random.ts';
import { LIMITS } from '../runtime.ts';
import type { Runtime } from '../runtime.ts';
import { alone } from '../shared/sharing.ts';
import { TimerWheel } from '../timer-wheel.ts';

export type HeldRuntime = Runtime & { readonly move: (ms: number) => void };

export function heldRuntime(seed = 1): HeldRuntime {
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs };
  return {
    clock,
    wheel: new TimerWheel(clock),
    random: new Random(seed),
    halt: new HaltSwitch(),
    viaName: 'edge',
    addedFields: 'via: 1.1 edge\r\n',
    errors: new Map(),
    limits: LIMITS,
    overload: new Overload(LIMITS, () => 0),
    turns: new Turns(),
    sharing: alone(),
    tracing: undefined,
    observe: undefined,
    draining: false,
    requestsInFlight: 0,
    move: (ms) => void (nowMs += ms),
  };
}

/** @param fields - whole lines, such as `x-a: 1` */
export function readHead(into: RequestHead, line: string, ...fields: readonly string[]): RequestHead {
  const text = [`${line} HTTP/1.1`, 'host: shop', ...fields, '', ''].join('\r\n');
  if (parseRequestHead(into, text, 0) !== COMPLETE) throw new Error(into.detail);
  return into;
}

export function requestHead(line: string, ...fields: readonly string[]): RequestHead {
  return readHead(new RequestHead(), line, ...fields);
}

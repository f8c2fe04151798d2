/** The runtime of one data plane, as its options ask for it. */
import { randomBytes } from 'node:crypto';
import { memoryInUse, Overload } from './admission/overload.ts';
import { Turns } from './admission/turns.ts';
import type { DataplaneOptions } from './dataplane.ts';
import { Random } from './random.ts';
import { LIMITS } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import { alone } from './shared/sharing.ts';
import { TimerWheel } from './timer-wheel.ts';

export function newRuntime(options: DataplaneOptions): Runtime {
  const name = `${options.source.replace(/[^A-Za-z0-9._-]/g, '-')}-${randomBytes(3).toString('hex')}`;
  const limits = { ...LIMITS, ...options.limits };
  return {
    clock: options.clock,
    wheel: new TimerWheel(options.clock),
    random: new Random(options.seed),
    halt: options.halt,
    viaName: name,
    addedFields: `via: 1.1 ${name}\r\n`,
    errors: new Map(),
    limits,
    overload: new Overload(limits, options.memoryBytes ?? memoryInUse),
    turns: new Turns(),
    sharing: options.sharing ?? alone(),
    tracing: options.tracing,
    observe: undefined,
    draining: false,
    requestsInFlight: 0,
  };
}

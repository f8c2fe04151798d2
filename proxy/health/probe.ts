/** One check of one endpoint over a socket of its own. */
import type { Duplex } from 'node:stream';

export type Target = {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** Where the endpoint speaks TLS: a socket of our own to it; without a protocol for the one that it is used with. */
  readonly dial?: ((protocol?: 'http/1.1' | 'h2') => Duplex) | undefined;
};
/** Begins a check. `done` is called at most once, and not after the function that is returned: it breaks the check off. */
export type Probe = (target: Target, done: (passed: boolean) => void) => () => void;

/** How an endpoint tells our checks from traffic. */
export const HEALTH_AGENT = 'meshproof-health-check';

/** Lets through the first call, and none after `end`. */
export function once(done: (passed: boolean) => void): {
  readonly tell: (passed: boolean) => void;
  readonly end: () => void;
} {
  let over = false;
  return {
    tell: (passed) => {
      if (over) return;
      over = true;
      done(passed);
    },
    end: () => {
      over = true;
    },
  };
}

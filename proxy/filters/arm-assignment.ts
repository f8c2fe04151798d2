/** Gives the key of a request its arm, in an overlay that divides keys among several arms. */
import type { ActiveOverlay } from '../overlays.ts';
import { CONTINUE } from '../plan/plan.ts';
import type { Step } from '../plan/plan.ts';
import type { Exchange } from '../exchange.ts';
import type { KeyedSplit } from '../arms/keyed-split.ts';
import type { RouteContext } from './filter.ts';
import { giveCookie, stickyKey } from './sticky.ts';

/** What the configuration would send to the baseline, and has a key, is divided among the arms. */
export function withArms({ versions }: RouteContext, choose: Step, active: ActiveOverlay, keyed: KeyedSplit): Step {
  const { overlay } = active;
  const baseline = versions.get(overlay.baseline);
  const arms = keyed.split.arms.flatMap(({ version }) => versions.get(version) ?? []);
  if (!baseline || arms.length < keyed.split.arms.length) return choose;
  return (exchange) => {
    choose(exchange);
    if (exchange.version !== baseline || !active.takes(exchange.head)) return CONTINUE;
    const brought = stickyKey(exchange.head, overlay.sticky);
    const key = brought ?? giveKey(exchange, active, keyed);
    if (key === undefined) return CONTINUE;
    const hash = keyed.hash(key);
    const arm = keyed.armOf(hash);
    if (arm < 0) return CONTINUE;
    // A key that was just given is counted when it comes back: who never does is no user that could be told apart.
    if (brought !== undefined) keyed.see(hash, arm);
    exchange.version = arms[arm];
    exchange.arm = keyed.counters[arm];
    exchange.keyGroup = keyed.group(hash);
    return CONTINUE;
  };
}

/** A client without the cookie is given one, where the test says so. */
function giveKey(exchange: Exchange, { overlay }: ActiveOverlay, { split }: KeyedSplit): string | undefined {
  const cookie = overlay.sticky?.cookie;
  if (cookie === undefined || split.giveCookieS === undefined) return undefined;
  return giveCookie(exchange, cookie, split.giveCookieS);
}

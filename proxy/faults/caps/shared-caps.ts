/** Caps on numbers: this worker uses a part that the first process gives it, so that all together keep the cap. */
import type { Runtime } from '../../runtime.ts';
import type { Quota } from '../../shared/quota.ts';
import type { Cap, CapName } from './cap.ts';

export type Around = Pick<Runtime, 'clock' | 'sharing'>;

type Counted = {
  readonly name: CapName;
  readonly isSpent?: boolean;
  readonly used: () => number;
  readonly take: (who: object) => void;
  readonly leave?: (who: object) => void;
  /** It is counted already. */
  readonly holds?: (who: object) => boolean;
};

const WINDOW_MS = 1_000;

/** So many injections, and then no more. */
export function injectionsCap(around: Around, key: string, limit: number): Cap {
  let used = 0;
  return sharedCap(around, key, limit, {
    name: 'injections',
    isSpent: true,
    used: () => used,
    take: () => void used++,
  });
}

/** So many requests under the fault at once, each from when it meets it to its end. */
export function concurrentCap(around: Around, key: string, limit: number): Cap {
  const under = new Set<object>();
  return sharedCap(around, key, limit, {
    name: 'concurrent',
    used: () => under.size,
    take: (who) => void under.add(who),
    leave: (who) => void under.delete(who),
    holds: (who) => under.has(who),
  });
}

/** So many injections in any second: each counts until a second after it. */
export function rateCap(around: Around, key: string, limit: number): Cap {
  const { clock } = around;
  let times: number[] = [];
  let first = 0;
  const used = (): number => {
    const beginMs = clock.nowMs() - WINDOW_MS;
    while (first < times.length && (times[first] ?? 0) <= beginMs) first++;
    if (first * 2 > times.length) {
      times = times.slice(first);
      first = 0;
    }
    return times.length - first;
  };
  return sharedCap(around, key, limit, { name: 'rate', used, take: () => void times.push(clock.nowMs()) });
}

function sharedCap({ sharing }: Around, key: string, limit: number, counted: Counted): Cap {
  const { name, isSpent = false, used, take, leave, holds } = counted;
  const whole = `${key}\n${name}`;
  const quota: Quota = sharing.quota({ key: whole, limit, isSpent, used });
  return {
    name,
    hasRoom: (who) => {
      if (holds?.(who) === true || used() < quota.granted) return true;
      quota.wanted = true;
      return false;
    },
    take,
    ...(leave ? { leave } : {}),
    close: () => sharing.dropQuota(whole),
  };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowance } from './allowance.ts';
import type { ToWorker } from './messages.ts';
import { ShareHub } from './share-hub.ts';
import type { Ejection, Limit } from './sharing.ts';
import { WorkerShare } from './worker-share.ts';

const EJECTION: Ejection = {
  service: 'shop',
  version: 'v1',
  address: '127.0.0.1:1',
  reason: 'consecutive-5xx',
  forMs: 5_000,
  ejections: 1,
};

type Worker = { readonly share: WorkerShare; own: number; readonly limit: Limit; readonly ejected: Ejection[] };

/** Workers and their hub, whose messages arrive at once; the test moves the clock and says when all tell. */
function stage(limit = 10) {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs };
  const hub = new ShareHub(clock);
  let last = 0;
  const add = (): Worker => {
    const id = ++last;
    const answer = (message: ToWorker): void => share.receive(message);
    const share = new WorkerShare((message) => hub.receive(id, message, answer), clock);
    const ejected: Ejection[] = [];
    share.onEjected = (ejection) => void ejected.push(ejection);
    share.join();
    const held = { own: 0 };
    const counted = { key: 'k', limit, own: () => held.own };
    return Object.assign(held, { share, ejected, limit: share.limit(counted) });
  };
  const tell = (...workers: Worker[]): void => {
    for (const { share } of workers) share.tell();
    hub.tell();
  };
  const close = (...workers: Worker[]): void => {
    hub.close();
    for (const { share } of workers) share.close();
  };
  return { hub, add, tell, close, move: (ms: number) => void (nowMs += ms) };
}

describe('a limit that several workers share', () => {
  it('leaves each what it holds and its part of what is free', () => {
    const { add, tell, close } = stage(10);
    const [a, b] = [add(), add()];
    expect([a.limit.allowed, b.limit.allowed]).toEqual([5, 5]);
    a.own = 4;
    tell(a, b);
    expect(b.limit.allowed).toBe(3);
    b.own = 3;
    tell(a, b);
    expect(a.limit.allowed).toBe(6);
    a.own = 0;
    tell(a, b);
    expect(b.limit.allowed).toBe(7);
    close(a, b);
  });

  it('is for a worker alone again when the others have ended', () => {
    const { hub, add, tell, close } = stage(10);
    const [a, b] = [add(), add()];
    b.own = 5;
    tell(a, b);
    expect(a.limit.allowed).toBe(3);
    hub.leave(2);
    tell(a);
    expect(a.limit.allowed).toBe(10);
    close(a, b);
  });

  it('is known to a worker that comes later', () => {
    const { add, tell, close } = stage(10);
    const a = add();
    a.own = 10;
    tell(a);
    const b = add();
    expect(b.limit.allowed).toBe(0);
    close(a, b);
  });

  it('that one drops is free for the others, and is not lost when it is declared anew', () => {
    const { add, tell, close } = stage(10);
    const [a, b] = [add(), add()];
    a.own = 10;
    tell(a, b);
    a.share.drop('k');
    tell(a, b);
    expect(b.limit.allowed).toBe(5);
    a.share.limit({ key: 'k', limit: 10, own: () => 10 });
    tell(a, b);
    expect(b.limit.allowed).toBe(0);
    close(a, b);
  });

  it('is exceeded by fewer than there are workers when all take what they may at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 8 }),
        (limit, owns) => {
          const held = owns.reduce((sum, own) => sum + own, 0);
          fc.pre(held <= limit);
          const after = owns.reduce((sum, own) => sum + allowance(limit, own, held - own, owns.length), 0);
          expect(after).toBeGreaterThanOrEqual(limit);
          expect(after).toBeLessThan(limit + owns.length);
        },
      ),
    );
  });
});

describe('an ejection', () => {
  it('goes to the other workers, and to those that come before it is over', () => {
    const { add, close, move } = stage();
    const [a, b] = [add(), add()];
    a.share.ejected(EJECTION);
    expect([a.ejected, b.ejected]).toEqual([[], [EJECTION]]);
    move(2_000);
    const c = add();
    expect(c.ejected).toEqual([{ ...EJECTION, forMs: 3_000 }]);
    move(3_000);
    const d = add();
    expect(d.ejected).toEqual([]);
    close(a, b, c, d);
  });
});

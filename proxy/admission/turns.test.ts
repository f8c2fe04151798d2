import { describe, expect, it } from 'vitest';
import { REQUESTS_PER_TURN, Turns } from './turns.ts';

/** Turns of the event loop by hand. */
function held(): { turns: Turns; turn: () => void; isIdle: () => boolean } {
  let next: (() => void)[] = [];
  const turns = new Turns((step) => next.push(step));
  const turn = (): void => {
    const steps = next;
    next = [];
    for (const step of steps) step();
  };
  return { turns, turn, isIdle: () => next.length === 0 };
}

function waiting(turns: Turns, count: number): { readonly taken: number[] } {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) turns.wait({ resume: () => taken.push(i) });
  return { taken };
}

describe('the turns of requests', () => {
  it('come in order, a limited number in each turn of the loop, while connections arrive', () => {
    const { turns, turn } = held();
    turns.arrived();
    const { taken } = waiting(turns, 3 * REQUESTS_PER_TURN);
    turn();
    expect(taken).toEqual(Array.from({ length: REQUESTS_PER_TURN }, (_, i) => i));
    turns.arrived();
    turn();
    expect(taken).toHaveLength(2 * REQUESTS_PER_TURN);
  });

  it('come for all once a turn has brought no connection', () => {
    const { turns, turn, isIdle } = held();
    turns.arrived();
    const { taken } = waiting(turns, 3 * REQUESTS_PER_TURN);
    turn();
    expect(turns.crowded).toBe(true);
    turn();
    expect([taken.length, turns.crowded, isIdle()]).toEqual([3 * REQUESTS_PER_TURN, false, true]);
  });

  it('cost nothing while nobody connects', () => {
    const { turns, isIdle } = held();
    expect([turns.crowded, isIdle()]).toEqual([false, true]);
  });

  it('serve one that waits again while it is its turn', () => {
    const { turns, turn } = held();
    turns.arrived();
    let times = 0;
    const again = {
      resume: () => {
        times++;
        if (times < 3) turns.wait(again);
      },
    };
    turns.wait(again);
    for (let i = 0; i < 4; i++) {
      turns.arrived();
      turn();
    }
    expect(times).toBe(3);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armOf, armSalt, groupOf, GROUPS, keyHash, slotOf, SLOTS, takesPart } from './arm-split.ts';

const KEYS = 20_000;
const hashes = Array.from({ length: KEYS }, (_, i) => keyHash(`user-${i}`, 7));

function assign(arms: Readonly<Record<string, number>>): string[] {
  const versions = Object.keys(arms);
  const [salts, weights] = [versions.map(armSalt), Object.values(arms)];
  return hashes.map((hash) => versions[armOf(hash, salts, weights)] ?? '');
}

function shareOf(assigned: readonly string[], version: string): number {
  return assigned.filter((v) => v === version).length / assigned.length;
}

/** Four standard deviations of a share. */
function within(share: number): number {
  return 4 * Math.sqrt((share * (1 - share)) / KEYS);
}

describe('an arm', () => {
  it('gets its part of the weights, whatever they add up to', () => {
    for (const arms of [
      { v1: 1, v2: 1 },
      { v1: 90, v2: 10 },
      { v1: 5, v2: 3, v3: 2, v4: 0.5 },
    ]) {
      const assigned = assign(arms);
      const all = Object.values(arms).reduce((a, b) => a + b, 0);
      for (const [version, weight] of Object.entries(arms)) {
        const share = weight / all;
        expect(Math.abs(shareOf(assigned, version) - share), version).toBeLessThan(within(share));
      }
    }
  });

  it('keeps its keys when weights change, but for those that the change itself asks for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 5 }),
        fc.nat(4),
        fc.integer({ min: 1, max: 100 }),
        (weights, which, weight) => {
          const named = weights.map((w, i) => [`v${i}`, w] as const);
          const changed = `v${which % weights.length}`;
          const before = assign(Object.fromEntries(named));
          const after = assign(Object.fromEntries(named.map(([v, w]) => [v, v === changed ? weight : w])));
          const grew = weight > (weights[which % weights.length] ?? 0);
          before.forEach((was, i) => {
            const is = after[i];
            if (is !== was) expect(grew ? is : was).toBe(changed);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is moved away from by none but the keys that a new arm gets', () => {
    const before = assign({ v1: 1, v2: 1 });
    const after = assign({ v1: 1, v2: 1, v3: 1 });
    for (const [i, was] of before.entries()) if (after[i] !== was) expect(after[i]).toBe('v3');
    expect(Math.abs(shareOf(after, 'v3') - 1 / 3)).toBeLessThan(within(1 / 3));
  });
});

describe('a key', () => {
  it('that takes part at one share takes part at every larger one', () => {
    const at = (ppm: number): number[] => hashes.filter((hash) => takesPart(hash, ppm));
    const [five, fifty, all] = [at(50_000), at(500_000), at(1_000_000)];
    expect(Math.abs(five.length / KEYS - 0.05)).toBeLessThan(within(0.05));
    expect(fifty).toEqual(expect.arrayContaining(five.slice(0, 100)));
    expect(all).toHaveLength(KEYS);
    expect(at(0)).toHaveLength(0);
  });

  it('has a slot and a group that say nothing of its arm', () => {
    const salts = ['v1', 'v2'].map(armSalt);
    const first = hashes.filter((hash) => armOf(hash, salts, [1, 1]) === 0);
    const low = first.filter((hash) => groupOf(hash) < GROUPS / 2).length / first.length;
    const lowSlots = first.filter((hash) => slotOf(hash) < SLOTS / 2).length / first.length;
    const both = first.filter((hash) => groupOf(hash) < GROUPS / 2 && slotOf(hash) < SLOTS / 2).length / first.length;
    for (const [share, expected] of [
      [low, 0.5],
      [lowSlots, 0.5],
      [both, 0.25],
    ] as const)
      expect(Math.abs(share - expected)).toBeLessThan(2 * within(expected));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, levels } from './locality.ts';
import { newMember } from './member.ts';
import type { Member } from './member.ts';

const HERE = { region: 'eu', zone: 'a' };
type Known = Member & { readonly up: boolean };

/** Each group: how many are up, how many are down, at a distance. */
function fleet(...groups: readonly (readonly [number, number])[]): Known[] {
  const places = [HERE, { region: 'eu', zone: 'b' }, { region: 'us', zone: 'a' }];
  return groups.flatMap(([up, down], d) =>
    Array.from({ length: up + down }, (_, i) => ({
      ...newMember(`${d}-${i}`, 0),
      locality: places[d],
      up: i < up,
    })),
  );
}

const sharesOf = (members: readonly Known[], panicPpm = 500_000): [number, boolean, number][] =>
  levels(members, (m) => m.up, HERE, panicPpm).map((l) => [Number(l.share.toFixed(4)), l.panic, l.members.length]);

describe('distance', () => {
  it('is the same zone, the same region, or elsewhere', () => {
    expect(distance(HERE, HERE)).toBe(0);
    expect(distance(HERE, { region: 'eu', zone: 'b' })).toBe(1);
    expect(distance(HERE, { region: 'us', zone: 'a' })).toBe(2);
    expect(distance(HERE, undefined)).toBe(2);
    expect(distance({ region: 'eu' }, { region: 'eu', zone: 'b' })).toBe(0);
    expect(distance(undefined, { region: 'us' })).toBe(0);
  });
});

describe('levels', () => {
  // Envoy's own examples for an overprovisioning factor of 1.4: 72 % near is enough, 71 % is 99.4 %, 25 % is 35 %.
  it.each([
    [
      'all near ones are up',
      [
        [10, 0],
        [10, 0],
      ],
      [
        [1, false, 10],
        [0, false, 10],
      ],
    ],
    [
      '72 of 100 near ones are up',
      [
        [72, 28],
        [10, 0],
      ],
      [
        [1, false, 72],
        [0, false, 10],
      ],
    ],
    [
      '71 of 100 near ones are up',
      [
        [71, 29],
        [10, 0],
      ],
      [
        [0.994, false, 71],
        [0.006, false, 10],
      ],
    ],
    [
      'a quarter of the near ones is up',
      [
        [25, 75],
        [10, 0],
      ],
      [
        [0.35, false, 25],
        [0.65, false, 10],
      ],
    ],
    [
      'no near one is up',
      [
        [0, 4],
        [4, 0],
      ],
      [
        [0, false, 0],
        [1, false, 4],
      ],
    ],
    [
      'near and middle fail',
      [
        [0, 2],
        [1, 3],
        [5, 0],
      ],
      [
        [0, false, 0],
        [0.35, false, 1],
        [0.65, false, 5],
      ],
    ],
    [
      'a quarter is up everywhere: panic',
      [
        [25, 75],
        [25, 75],
      ],
      [
        [0.5, true, 100],
        [0.5, true, 100],
      ],
    ],
    [
      'nobody is up: panic, near',
      [
        [0, 3],
        [0, 2],
      ],
      [
        [1, true, 3],
        [0, true, 2],
      ],
    ],
  ] as const)('when %s', (_, groups, expected) => {
    expect(sharesOf(fleet(...groups))).toEqual(expected);
  });

  it('do not panic with a threshold of 0, even when nobody is left', () => {
    expect(sharesOf(fleet([0, 3]), 0)).toEqual([[1, false, 0]]);
    expect(sharesOf(fleet([1, 3]), 0)).toEqual([[1, false, 1]]);
  });

  it('share out the whole load, and choose among the available ones but in panic', () => {
    const group = fc.tuple(fc.nat(6), fc.nat(6));
    fc.assert(
      fc.property(fc.tuple(group, group, group), fc.integer({ min: 0, max: 1_000_000 }), (groups, panicPpm) => {
        const members = fleet(...groups);
        const all = levels(members, (m) => m.up, HERE, panicPpm);
        if (members.length === 0) return expect(all).toEqual([]);
        expect(all.reduce((sum, l) => sum + l.share, 0)).toBeCloseTo(1, 9);
        for (const level of all) {
          if (!level.panic) expect(level.members.every((m) => m.up)).toBe(true);
          if (level.share > 0 && members.some((m) => m.up)) expect(level.members.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Balancer } from '../../contracts/balancer.ts';
import { Random } from '../random.ts';
import { maglevTable } from './maglev.ts';
import { newMember } from './member.ts';
import type { Member, Picker } from './member.ts';
import { buildPicker } from './picker.ts';
import { weightOf } from './slow-start.ts';

function membersOf(weights: readonly number[]): Member[] {
  return weights.map((weight, i) => ({ ...newMember(`10.0.0.${i + 1}:80`, 0), weight }));
}

function pickerOf(balancer: unknown, members: readonly Member[], seed = 3): Picker {
  const random = new Random(seed);
  return buildPicker(Balancer.parse(balancer), members, () => random.uint32());
}

const HASH = { hashOn: { header: 'x-user' } };
/** Spread evenly, so that only the policy decides the shares. */
const hashOf = (i: number): number => Math.imul(i, 0x9e37_79b1) >>> 0;

function counts(picker: Picker, members: readonly Member[], n: number, nowMs = 0): number[] {
  const found = members.map(() => 0);
  for (let i = 0; i < n; i++) {
    const at = members.indexOf(picker.pick(nowMs, hashOf(i)) as Member);
    found[at] = (found[at] ?? 0) + 1;
  }
  return found;
}

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 });

describe.each([
  ['round-robin', {}, 0.001],
  ['least-request', {}, 0.03],
  ['random', {}, 0.03],
  ['ring-hash', { ...HASH, ringPoints: 1_024 }, 0.05],
  ['maglev', { ...HASH, tableSize: 65_537 }, 0.03],
] as const)('%s', (policy, more, tolerance) => {
  it('gives each member its share by weight', () => {
    fc.assert(
      fc.property(weights, (declared) => {
        const members = membersOf(declared);
        const total = declared.reduce((a, b) => a + b, 0);
        const n = 20_000;
        const found = counts(pickerOf({ policy, ...more }, members), members, n);
        for (const [i, weight] of declared.entries()) {
          expect(Math.abs((found[i] ?? 0) / n - weight / total)).toBeLessThan(tolerance);
        }
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('has nobody to choose where there is nobody', () => {
    expect(pickerOf({ policy, ...more }, []).pick(0, 1)).toBeUndefined();
  });
});

describe('round robin', () => {
  it('goes in turn where weights are equal, and begins anywhere', () => {
    const members = membersOf([1, 1, 1]);
    const picker = pickerOf({}, members);
    const turns = Array.from({ length: 6 }, () => members.indexOf(picker.pick(0, undefined) as Member));
    const first = turns[0] ?? 0;
    expect(turns).toEqual(turns.map((_, i) => (first + i) % 3));
  });

  it('spreads a heavy member’s turns: between two of them never all of the others', () => {
    const members = membersOf([5, 1, 1]);
    const picker = pickerOf({}, members);
    const turns = Array.from({ length: 7 }, () => members.indexOf(picker.pick(0, undefined) as Member));
    expect(turns.join('')).toBe('0010200');
  });
});

describe('least request', () => {
  it('avoids a member that is stuck', () => {
    const members = membersOf([1, 1, 1, 1]);
    (members[0] as Member).inFlight = 1_000;
    const found = counts(pickerOf({ policy: 'least-request' }, members), members, 10_000);
    expect((found[0] ?? 0) / 10_000).toBeLessThan(0.08); // only where both draws meet it: 1/16
  });
});

describe.each([
  ['ring-hash', { ...HASH, ringPoints: 256 }, 0.0001],
  ['maglev', { ...HASH, tableSize: 65_537 }, 0.04],
] as const)('%s', (policy, more, moved) => {
  it('moves hardly any key of the others when a member leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 20 }), fc.nat(), (n, who) => {
        const all = membersOf(Array.from({ length: n }, () => 1));
        const gone = all[who % n];
        const before = pickerOf({ policy, ...more }, all);
        const after = pickerOf(
          { policy, ...more },
          all.filter((m) => m !== gone),
        );
        let others = 0;
        for (let i = 0; i < 5_000; i++) {
          const was = before.pick(0, hashOf(i));
          if (was !== gone && was !== after.pick(0, hashOf(i))) others++;
        }
        expect(others / 5_000).toBeLessThan(moved);
      }),
      { numRuns: 15, seed: 2 },
    );
  });

  it('gives a key one member, whatever the order of the document', () => {
    const members = membersOf([1, 2, 3, 4]);
    const one = pickerOf({ policy, ...more }, members);
    const other = pickerOf({ policy, ...more }, members.toReversed(), 99);
    for (let i = 0; i < 1_000; i++) expect(one.pick(0, hashOf(i))).toBe(other.pick(0, hashOf(i)));
  });
});

describe('the table of maglev', () => {
  it('is full, and equal weights differ by at most one entry', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (n) => {
        const table = maglevTable(membersOf(Array.from({ length: n }, () => 1)), 5_003);
        const found = new Array<number>(n).fill(0);
        for (const at of table) found[at] = (found[at] ?? Number.NaN) + 1;
        expect(Math.max(...found) - Math.min(...found)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 25 },
    );
  });
});

describe('slow start', () => {
  const member = membersOf([4])[0] as Member;
  it.each([
    [0, 1, 0.4],
    [5_000, 1, 2],
    [10_000, 1, 4],
    [25_000, 1, 4],
    [2_500, 2, 2], // (1/4)^(1/2)
    [-1, 1, 0.4],
  ])('after %i ms with aggression %s weighs %s of 4', (ageMs, aggression, expected) => {
    const slowStart = Balancer.parse({ slowStart: { window: '10s', aggression } }).slowStart;
    expect(weightOf(slowStart)(member, ageMs)).toBeCloseTo(expected, 9);
  });

  it('gives the new member of three a tenth of its share at first, and all of it later', () => {
    const members = membersOf([1, 1, 1]);
    (members[2] as Member).sinceMs = 100_000;
    const picker = pickerOf({ slowStart: { window: '10s' } }, members);
    expect(counts(picker, members, 2_100, 100_000)).toEqual([1_000, 1_000, 100]);
    expect(counts(picker, members, 2_100, 110_000)).toEqual([700, 700, 700]);
  });
});

describe('the balancer of a document', () => {
  it.each([
    [{ policy: 'maglev' }, 'hashOn goes with'],
    [{ policy: 'random', hashOn: { cookie: 'a' } }, 'hashOn goes with'],
    [{ policy: 'ring-hash', hashOn: { cookie: 'a', header: 'b' } }, 'exactly one'],
    [{ policy: 'maglev', ...HASH, tableSize: 5_000 }, '5000 is not a prime number'],
    [{ policy: 'maglev', ...HASH, slowStart: { window: '1s' } }, 'does not go with'],
  ])('%j is refused: %s', (balancer, why) => {
    const result = Balancer.safeParse(balancer);
    expect(result.success ? '' : result.error.issues.map((i) => i.message).join()).toContain(why);
  });
});

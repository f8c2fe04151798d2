import { expect, it } from 'vitest';
import { Kept } from './kept.ts';

it('keeps what each round names, and forgets what has been gone longest beyond the limit', () => {
  const kept = new Kept<string>(2);
  const made: string[] = [];
  for (let release = 0; release < 6; release++) {
    kept.nextRound();
    for (const key of ['stable', `v${release}`]) {
      kept.get(key, () => {
        made.push(key);
        return key;
      });
    }
  }
  // The round that ended last named `stable` and v4; v2 and v3 are gone and kept, v0 and v1 forgotten.
  expect([...kept.values()].sort()).toEqual(['stable', 'v2', 'v3', 'v4', 'v5']);
  expect(made.filter((key) => key === 'stable')).toHaveLength(1);
});

it('keeps for as long what is touched in each round, and makes nothing of what is not there', () => {
  const kept = new Kept<string>(0);
  kept.get('lazy', () => 'lazy');
  for (let round = 0; round < 3; round++) {
    kept.nextRound();
    kept.touch('lazy');
    kept.touch('never');
  }
  expect([...kept.entries()]).toEqual([['lazy', 'lazy']]);
  kept.nextRound();
  kept.nextRound();
  expect([...kept.entries()]).toEqual([]);
});

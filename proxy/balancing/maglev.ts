/** Maglev's table (Eisenbud et al., NSDI 2016, §3.4): one look-up per request, and even shares. */
import { hashText } from '../random.ts';
import type { Draw, Member, Picker } from './member.ts';

/** @param tableSize - a prime, well above the number of members */
export function maglev<M extends Member>(members: readonly M[], tableSize: number, draw: Draw): Picker<M> {
  const table = maglevTable(members, tableSize);
  return { pick: (_, hash) => members[table[(hash ?? draw()) % tableSize] ?? 0] };
}

/**
 * Each member walks its own permutation of the table and takes the next free entry when it is its turn. Members with
 * less weight than the heaviest miss turns in proportion (Envoy's weighting).
 * @returns an index into members for each entry
 */
export function maglevTable(members: readonly Member[], tableSize: number): Uint32Array {
  const table = new Uint32Array(tableSize).fill(FREE);
  const heaviest = Math.max(...members.map((m) => m.weight));
  // The table must not depend on the order in which addresses stand in a document.
  const walkers = members
    .map(({ address, weight }, index) => ({
      index,
      address,
      turn: weight / heaviest,
      due: 0,
      at: hashText(address, 1) % tableSize,
      skip: (hashText(address, 2) % (tableSize - 1)) + 1,
    }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  let filled = 0;
  for (let round = 1; filled < tableSize && walkers.length > 0; round++) {
    for (const walker of walkers) {
      if (round * walker.turn < walker.due) continue;
      walker.due += 1;
      while (table[walker.at] !== FREE) walker.at = (walker.at + walker.skip) % tableSize;
      table[walker.at] = walker.index;
      if (++filled === tableSize) break;
    }
  }
  return table;
}

const FREE = 0xffff_ffff;

/**
 * How an A/B test divides its keys (users, sessions) among its arms. The same code runs in every proxy and in the control
 * plane, so that a key has one arm, wherever it is seen. Pure; nothing is allocated per key.
 */
import { z } from 'zod';
import { hashText, mix, ppmOf } from './hash.ts';
import { PPM } from './units.ts';

export const MAX_ARMS = 8;
/** Goals are summed by groups of keys, so that their spread between keys is known without keeping any key. */
export const GROUPS = 256;
/** A key is counted once, when it is the first of its slot: the arms of first keys are independent draws by weight. */
export const SLOTS = 65_536;

export const ArmSplit = z.object({
  /** The first is the baseline, which the others are compared with. */
  arms: z
    .array(z.object({ version: z.string(), weight: z.number().positive() }))
    .min(2)
    .max(MAX_ARMS),
  /** Of the keys, how many take part. */
  sharePpm: z.int().min(0).max(PPM),
  /** Seconds for which a client without the cookie keeps the one that it is given; without it, it does not take part. */
  giveCookieS: z.int().min(1).optional(),
  goals: z.object({ header: z.string(), names: z.array(z.string()) }),
});
export type ArmSplit = z.output<typeof ArmSplit>;

/** Make what is derived from one hash independent of each other. */
const SALT = { share: 0x5bd1_e995, slot: 0x27d4_eb2f, group: 0x1656_67b1, arm: 0x9e37_79b1 } as const;
const HASHES = 0x1_0000_0000;

export function keyHash(key: string, seed: number): number {
  return hashText(key, seed);
}

/** Who takes part at one share takes part at every larger one. */
export function takesPart(hash: number, sharePpm: number): boolean {
  return ppmOf(mix(hash ^ SALT.share)) < sharePpm;
}

/**
 * Weighted rendezvous hashing: each arm draws an exponential time with its weight as the rate, and the first one wins. So
 * an arm gets its part of the weights, and a key changes its arm only towards an arm whose weight grew, or away from
 * one whose weight shrank (Thaler & Ravishankar 1998; weighted by Schindelhauer & Schomaker 2005).
 * @param salts - armSalt of each arm
 */
export function armOf(hash: number, salts: readonly number[], weights: readonly number[]): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < salts.length; i++) {
    const uniform = (mix(hash ^ (salts[i] ?? 0)) + 0.5) / HASHES;
    const time = -Math.log(uniform) / (weights[i] ?? 0);
    if (time >= least) continue;
    least = time;
    best = i;
  }
  return best;
}

/** By its version, so that adding an arm moves keys to that arm only. */
export function armSalt(version: string): number {
  return hashText(version, SALT.arm);
}

export function slotOf(hash: number): number {
  return mix(hash ^ SALT.slot) % SLOTS;
}

export function groupOf(hash: number): number {
  return mix(hash ^ SALT.group) % GROUPS;
}

import { expect, test } from 'vitest';
import { completes, SEQUENCE_MS } from './shortcuts.ts';

const SEQUENCE = ['.', 'h'] as const;
const pressed = (key: string, atMs: number) => ({ key, atMs });

test('only the second key right after the first completes a sequence', () => {
  expect(completes(SEQUENCE, pressed('.', 0), pressed('h', 400))).toBe(true);
  expect(completes(SEQUENCE, pressed('.', 0), pressed('H', 400))).toBe(true);
  expect(completes(SEQUENCE, null, pressed('h', 400))).toBe(false);
  expect(completes(SEQUENCE, pressed('x', 0), pressed('h', 400))).toBe(false);
  expect(completes(SEQUENCE, pressed('.', 0), pressed('.', 400))).toBe(false);
  expect(completes(SEQUENCE, pressed('.', 0), pressed('h', SEQUENCE_MS + 1))).toBe(false);
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('docs/creating-faults.md shows a kind as it is, in under 60 lines', () => {
  const page = readFileSync(new URL('../../docs/creating-faults.md', import.meta.url), 'utf8');
  const shown = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(shown).toBe(readFileSync(new URL('corrupt.ts', import.meta.url), 'utf8'));
  expect(shown.split('\n').length).toBeLessThan(60);
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FaultAbort, FaultSpec } from './fault.ts';
import { FaultDelay } from './fault-delay.ts';

it('docs/faults.md names every key of a Fault, of its delay and of its abort', () => {
  const page = readFileSync(new URL('../docs/faults.md', import.meta.url), 'utf8');
  const keys = [FaultSpec, FaultDelay, FaultAbort].flatMap((schema) => Object.keys(schema.shape));
  const code = [...page.matchAll(/`([^`\n]+)`|```yaml\n([\s\S]*?)```/g)].map(([, word, block]) => word ?? block ?? '');
  const missing = keys.filter((key) => !code.some((text) => new RegExp(`\\b${key}\\b`).test(text)));
  expect(missing).toEqual([]);
});

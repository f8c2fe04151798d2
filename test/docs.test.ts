/** What the pages under docs/ show is valid. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFile } from '../contracts/parse.ts';

const DOCS = join(import.meta.dirname, '../docs');

const blocks = readdirSync(DOCS)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const text = readFileSync(join(DOCS, name), 'utf8');
    return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map((match) => match[1] ?? '')
      .filter((yaml) => yaml.includes('apiVersion: meshproof.dev/v1'))
      .map((yaml, i) => [`${name}, example ${i + 1}`, yaml] as const);
  });

describe('the examples in docs/', () => {
  it('are found', () => {
    expect(blocks.length).toBeGreaterThan(6);
  });

  it.each(blocks)('%s is valid', (where, yaml) => {
    expect(parseFile(where, yaml).problems).toEqual([]);
  });
});

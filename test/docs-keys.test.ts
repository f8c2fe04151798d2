/** Every key that a document of the data plane accepts is written about under docs/. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** Made from the program: what stands only there is not explained. */
const GENERATED = ['cli.md', 'errors.md'];

const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && !GENERATED.includes(name));
const code = pages
  .flatMap((page) => [
    ...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g),
  ])
  .map(([, block, word]) => block ?? word ?? '')
  .join('\n');

/** The keys of a JSON Schema, wherever they stand in it, by their paths. */
function keysIn(schema: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, part]): (readonly string[])[] => {
    if (name !== 'properties' || typeof part !== 'object') return keysIn(part, path);
    return Object.entries(part as object).flatMap(([key, of]) => [[...path, key], ...keysIn(of, [...path, key])]);
  });
}

it.each(['Service', 'Route', 'Gateway', 'Fault', 'AccessPolicy'])('of a %s', (kind) => {
  const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'schemas', `${kind}.json`), 'utf8'));
  const keys = keysIn(schema).filter(([first]) => first === 'spec');
  expect(keys.length).toBeGreaterThan(5);
  const missing = keys.filter((path) => !new RegExp(`\\b${path.at(-1) ?? ''}\\b`).test(code));
  expect(missing.map((path) => path.join('.'))).toEqual([]);
});

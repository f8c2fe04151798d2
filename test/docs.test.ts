/** What the pages under docs/ and the README show is valid: whole documents, and excerpts of documents. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseFile } from '../contracts/parse.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});

/** Name and text of each YAML block; the name has the line where it begins. */
const blocks = PAGES.filter((page) => page.endsWith('.md')).flatMap((page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/```ya?ml\n([\s\S]*?)```/g)].map((block) => {
    const line = text.slice(0, block.index).split('\n').length + 1;
    return [`${page}:${line}`, block[1] ?? ''] as const;
  });
});
const isWhole = ([, yaml]: (typeof blocks)[number]): boolean => yaml.includes('apiVersion: meshproof.dev/v1');
const whole = blocks.filter(isWhole);
const excerpts = blocks.filter((block) => !isWhole(block));

/** What a reader would write around each kind of excerpt: the keys that must be there. */
const AROUND: Readonly<Record<string, Fields>> = {
  Canary: { service: 'reviews', baseline: 'v1', candidate: 'v2' },
  Route: { service: 'reviews' },
  Service: { stable: 'v1', versions: { v1: { endpoints: ['10.0.0.1:80'] } } },
};

function completed(yaml: string): string {
  const excerpt = fields(parse(yaml));
  const { kind: written, spec: inner = excerpt, ...head } = 'spec' in excerpt ? excerpt : { spec: excerpt };
  const spec = fields(inner);
  const meant = 'rules' in spec ? 'Route' : 'resilience' in spec ? 'Service' : 'Canary';
  const kind = typeof written === 'string' ? written : meant;
  const metadata = { name: 'reviews' };
  return stringify({ apiVersion: 'meshproof.dev/v1', metadata, ...head, kind, spec: { ...AROUND[kind], ...spec } });
}

describe('the examples in docs/', () => {
  it('are found', () => {
    expect(whole.length).toBeGreaterThan(6);
    expect(excerpts.length).toBeGreaterThan(6);
  });

  it.each(whole)('%s is valid', (where, yaml) => {
    expect(parseFile(where, yaml).problems).toEqual([]);
  });

  it.each(excerpts)('%s is valid in a document', (where, yaml) => {
    const { documents, problems } = parseFile(where, completed(yaml));
    expect(problems).toEqual([]);
    expect(documents).toHaveLength(1);
  });
});

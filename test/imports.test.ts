/** Dependencies point one way (docs/architecture.md). This reads every import of the sources and holds it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What each folder may import, beside itself. Tests may import more and are not read. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  analyzer: ['contracts'],
  experiments: ['contracts', 'analyzer'],
  proxy: ['contracts'],
  control: ['contracts', 'analyzer', 'experiments'],
  ui: ['contracts'],
  scenarios: ['contracts'],
  cli: ['contracts', 'analyzer', 'experiments', 'control', 'proxy', 'scenarios'],
};

/** The command line starts the planes, but only by their composition roots, and only when asked (dynamic import). */
const ROOTS_FOR_CLI = /^(control|proxy)\/main\.ts$/;

const IMPORT = /(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/g;

type Edge = { readonly from: string; readonly to: string; readonly dynamic: boolean };

function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function edgesOf(file: string): Edge[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => ({
    from: file,
    to: relative(ROOT, resolve(ROOT, dirname(file), match[1] ?? match[2] ?? '')),
    dynamic: match[2] !== undefined,
  }));
}

function isAllowed({ from, to, dynamic }: Edge): boolean {
  const source = from.split('/')[0] ?? '';
  const target = to.split('/')[0] ?? '';
  if (source === target) return true;
  if (!ALLOWED[source]?.includes(target)) return false;
  return source !== 'cli' || !['control', 'proxy'].includes(target) || (dynamic && ROOTS_FOR_CLI.test(to));
}

describe('the direction of imports', () => {
  for (const folder of Object.keys(ALLOWED)) {
    it(`${folder}/ imports only ${ALLOWED[folder]?.join(', ') || 'itself'}`, () => {
      const edges = sourcesOf(folder).flatMap(edgesOf);
      expect(edges.filter((edge) => !isAllowed(edge)).map((e) => `${e.from} -> ${e.to}`)).toEqual([]);
    });
  }

  it('sees an import that goes the wrong way', () => {
    expect(isAllowed({ from: 'proxy/dataplane.ts', to: 'control/main.ts', dynamic: false })).toBe(false);
    expect(isAllowed({ from: 'cli/proxy.ts', to: 'proxy/dataplane.ts', dynamic: true })).toBe(false);
  });
});

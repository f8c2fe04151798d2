/** The version of this build, from package.json. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: one level up from the sources, two from the built files. */
export const PACKAGE_ROOT = packageRoot(dirname(fileURLToPath(import.meta.url)));

export const VERSION = versionIn(PACKAGE_ROOT);

function packageRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (nameIn(folder) === 'meshproof') return folder;
    if (folder === dirname(folder)) return from;
  }
}

function nameIn(folder: string): unknown {
  return read(folder)?.['name'];
}

function versionIn(folder: string): string {
  const version = read(folder)?.['version'];
  return typeof version === 'string' ? version : '0.0.0';
}

function read(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

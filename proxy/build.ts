/** The version of this build, from package.json: one folder up from the sources, two from the built files. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
const found = candidates.find((url) => existsSync(url));

export const BUILD =
  found === undefined
    ? 'unknown'
    : z.object({ version: z.string() }).parse(JSON.parse(readFileSync(found, 'utf8'))).version;

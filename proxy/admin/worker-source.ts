/** The file that the admin thread runs. Built files run as they are; sources (in tests) need a hook that strips types. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const extension = extname(fileURLToPath(import.meta.url));

export const WORKER_URL = new URL(`./worker${extension}`, import.meta.url);
export const WORKER_EXEC_ARGV =
  extension === '.ts' ? ['--import', new URL('../testing/strip-types.mjs', import.meta.url).href] : [];

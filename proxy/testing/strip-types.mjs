// Lets plain Node run our .ts sources, in threads and processes that tests start: `node --import <this file>`.
// The built program never loads it. Types are stripped only; nothing is checked.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Node evaluates this file twice: as the --import of a thread, and as the module with its hooks.
if (!new URL(import.meta.url).searchParams.has('hooks')) register(`${import.meta.url}?hooks=${isMainThread}`);

let transform;

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  transform ??= (await import('vite')).transformWithOxc;
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, 'utf8'), path, { lang: 'ts', sourcemap: false });
  return { format: 'module', source: code, shortCircuit: true };
}

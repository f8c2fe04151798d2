/** A browser and a built dashboard for the tests. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const ARGS = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

/** @returns the path of a Chromium, or undefined */
export function findChromium(): string | undefined {
  const chosen = process.env['MESHPROOF_CHROMIUM'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether the browser tests can run here. Says so in one line where they cannot.
 * @throws under CI=true, where a test that is left out unseen would be worth nothing
 */
export function browserTestsRun(): boolean {
  if (findChromium() !== undefined) return true;
  const how = 'no Chromium found: install one (apt-get install chromium) or name it in MESHPROOF_CHROMIUM';
  if (process.env['CI'] === 'true') throw new Error(how);
  console.warn(`browser tests are skipped; ${how}`);
  return false;
}

export function launch(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({ args: ARGS, ...(executablePath === undefined ? {} : { executablePath }) });
}

export type Built = { readonly folder: string; readonly remove: () => Promise<void> };

/** Builds the dashboard as it is shipped, into a folder of its own. */
export async function buildDashboard(): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-ui-'));
  const args = ['node_modules/vite/bin/vite.js', 'build', '--config', 'ui/vite.config.ts', '--logLevel', 'warn'];
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, [...args, '--outDir', folder, '--emptyOutDir'], { cwd: ROOT, env });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

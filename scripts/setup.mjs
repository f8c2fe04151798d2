/**
 * Makes a checkout ready to run: installs packages when they are missing or another lock file asks for others, and
 * builds when the sources are newer than the last build. Says one line for each thing done; does nothing twice.
 * Two that run at once wait for each other.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const LOCK = join(ROOT, '.meshproof', 'setup.lock');
const STAMP = join(ROOT, 'dist', '.built-from');
const LOCK_LIMIT_MS = 15 * 60_000;

/** What the build is made from. */
const SOURCES = [
  'contracts',
  'analyzer',
  'experiments',
  'proxy',
  'control',
  'cli',
  'scenarios',
  'loadtests',
  'scripts',
  'test',
  'ui',
];
const SINGLE = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const SOURCE_FILE = /\.(ts|svelte|css|html|svg|js|json)$/;
const NOT_BUILT = /\.(test|bench)\.ts$/;

checkNode();
process.chdir(ROOT);
await withLock(() => {
  install();
  build();
});

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Meshproof needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

function install() {
  if (isInstalled()) return;
  console.log('installing packages (npm ci)');
  step('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
}

/** npm leaves its own record of what it installed; it is compared with the lock file, package by package. */
function isInstalled() {
  const wanted = readJson('package-lock.json');
  const found = readJson(join('node_modules', '.package-lock.json'));
  if (!found) return false;
  return Object.entries(wanted.packages).every(([path, { version, optional, peer, link }]) => {
    if (path === '' || link) return true;
    const installed = found.packages[path];
    // Optional packages are those of other platforms.
    return installed ? installed.version === version : Boolean(optional ?? peer);
  });
}

function build() {
  const hash = hashOfSources();
  if (readText(STAMP) === hash) return;
  const startMs = performance.now();
  rmSync(STAMP, { force: true });
  step('npx', ['tsc', '-p', 'tsconfig.build.json', '--tsBuildInfoFile', 'dist/.tsbuildinfo-build']);
  step('npx', ['vite', 'build', '--config', 'ui/vite.config.ts', '--logLevel', 'warn']);
  writeFileSync(STAMP, hash);
  console.log(`built in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
}

function hashOfSources() {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && SOURCE_FILE.test(entry.name) && !NOT_BUILT.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [...SINGLE, ...files.sort()]) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** Runs a program to its end; its failure is ours. */
function step(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: process.env });
  if (status === 0) return;
  console.error(`failed: ${command} ${args.join(' ')}${error ? ` (${error.message})` : ''}`);
  rmSync(LOCK, { recursive: true, force: true });
  process.exit(1);
}

async function withLock(work) {
  const startMs = performance.now();
  let told = false;
  while (!takeLock()) {
    if (performance.now() - startMs > LOCK_LIMIT_MS) {
      console.error(`another set-up holds ${LOCK}; remove that folder if none is running`);
      process.exit(1);
    }
    if (!told) console.log('waiting for another set-up to end');
    told = true;
    await sleep(200);
  }
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      rmSync(LOCK, { recursive: true, force: true });
      process.exit(1);
    });
  }
  try {
    work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/** Making a folder is atomic. A lock whose owner is gone is taken over. */
function takeLock() {
  mkdirSync(dirname(LOCK), { recursive: true });
  try {
    mkdirSync(LOCK);
    writeFileSync(join(LOCK, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isAbandoned()) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

function isAbandoned() {
  const pid = Number(readText(join(LOCK, 'pid')));
  // Between making the folder and writing the number there is a moment without one.
  if (!pid) return ageMs(LOCK) > 10_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function ageMs(path) {
  const info = statSync(path, { throwIfNoEntry: false });
  return info ? Date.now() - info.mtimeMs : 0;
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function readJson(path) {
  const text = readText(path);
  return text === undefined ? undefined : JSON.parse(text);
}

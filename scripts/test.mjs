/** `npm test`: sets up what is missing, then the checks, every test, and the case files where they are present. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function run(title, command, args) {
  console.log(`\n== ${title}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

if (!run('set-up', 'node', ['scripts/setup.mjs'])) process.exit(1);

const scratch = mkdtempSync(join(tmpdir(), 'meshproof-test-'));
const report = join(scratch, 'vitest.json');
const results = [
  ['checks', run('checks', 'node', ['scripts/check.mjs'])],
  [
    'tests',
    run('tests', 'npx', ['vitest', 'run', '--reporter', 'default', '--reporter', 'json', '--outputFile.json', report]),
  ],
  ['conformance', run('conformance', 'node', ['dist/test/conformance/main.js'])],
];

const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = readReport(report);
rmSync(scratch, { recursive: true, force: true });
const broken = results.filter(([, ok]) => !ok).map(([name]) => name);
console.log('');
for (const name of broken) console.log(`failed: ${name}`);
// A part that failed without a failed test (a type error, a crash) counts as one failure.
const failed = numFailedTests + broken.filter((name) => name !== 'tests' || numFailedTests === 0).length;
console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`);
process.exitCode = broken.length === 0 ? 0 : 1;

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`the tests left no report: ${error.message}`);
    return {};
  }
}

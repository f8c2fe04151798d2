/**
 * `npm run conformance`: the case files of a folder (MESHPROOF_CASES, default ../shared/cases), one line a file.
 * Exits 1 when a case fails. Where the folder is absent it says so and exits 0: the project's own tests do not need it.
 */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ConformanceRun } from './result.ts';

const SHOWN_FAILURES = 20;

/** Each case file with the module that runs it. */
const RUNS: readonly (readonly [string, () => Promise<{ readonly run: ConformanceRun }>])[] = [
  ['http1-requests.json', () => import('./http1-requests.ts')],
  ['http1-responses.json', () => import('./http1-responses.ts')],
  ['sequential.json', () => import('./sequential.ts')],
  ['kayenta.json', () => import('./kayenta.ts')],
  ['argo-flagger.json', () => import('./argo-flagger.ts')],
];

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function main(): Promise<number> {
  const folder = resolve(process.env['MESHPROOF_CASES'] ?? '../shared/cases');
  if (!(await exists(folder))) {
    console.log(`no case files: ${folder} is absent; name their folder in MESHPROOF_CASES`);
    return 0;
  }
  let passed = 0;
  let total = 0;
  for (const [file, load] of RUNS) {
    if (!(await exists(join(folder, file)))) continue;
    const { run } = await load();
    const result = await run(folder);
    passed += result.passed;
    total += result.total;
    console.log(`${result.file}: ${result.passed} of ${result.total} passed`);
    for (const failure of result.failures.slice(0, SHOWN_FAILURES)) console.error(`  ${failure}`);
    if (result.failures.length > SHOWN_FAILURES) console.error(`  and ${result.failures.length - SHOWN_FAILURES} more`);
  }
  console.log(`${passed} passed, ${total - passed} failed`);
  return passed === total ? 0 : 1;
}

process.exitCode = await main();

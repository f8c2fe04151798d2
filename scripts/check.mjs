/** `npm run check`: format, lint, types (Svelte files too), direction of imports, generated files. Stops at nothing; fails if any fails. */
import { spawnSync } from 'node:child_process';

const CHECKS = [
  ['format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['lint', 'npx', ['eslint', '.', '--max-warnings', '0']],
  ['types', 'npx', ['tsc', '--noEmit', '-p', 'tsconfig.json']],
  [
    'types of the dashboard',
    'npx',
    ['svelte-check', '--tsconfig', 'ui/tsconfig.json', '--output', 'human', '--fail-on-warnings'],
  ],
  ['direction of imports', 'npx', ['vitest', 'run', 'test/imports.test.ts', '--silent', '--reporter', 'dot']],
  ['generated files', 'node', ['dist/scripts/generate-schemas.js', '--check']],
];

let failed = 0;
for (const [name, command, args] of CHECKS) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed++;
  console.log(`${stdout}${stderr}`.trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;

/** The short form of `npm run kill`: every kind of experiment, its control plane killed at random instants. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../cli/version.ts';
import { TRIALS } from '../../loadtests/kill/kinds.ts';

const kinds = [...new Set(TRIALS.map(({ kind }) => kind))];

it.each(kinds)('a run of %s comes to its end whenever its control plane is killed', { timeout: 240_000 }, (kind) => {
  const program = join(PACKAGE_ROOT, 'dist/loadtests/kill/main.js');
  const result = spawnSync(process.execPath, [program, '--kills', '6', '--seed', '4', '--kind', kind], {
    encoding: 'utf8',
    timeout: 200_000,
  });
  expect(result.stdout + result.stderr).toContain('0 problems');
  expect(result.status).toBe(0);
});

/** The types of the dashboard, checked as people do it; with a negative control. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function svelteCheck(tsconfig: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const args = [
      'node_modules/svelte-check/bin/svelte-check',
      '--tsconfig',
      tsconfig,
      '--output',
      'machine',
      '--fail-on-warnings',
    ];
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    );
  });
}

test('svelte-check finds nothing wrong in the dashboard', { timeout: 120_000 }, async () => {
  const { code, output } = await svelteCheck('ui/tsconfig.json');
  expect(output).toContain('COMPLETED');
  expect(code, output).toBe(0);
});

test('svelte-check fails on a component that is wrong on purpose', { timeout: 120_000 }, async () => {
  const { code, output } = await svelteCheck('test/ui/fixtures/broken/tsconfig.json');
  expect(code, output).toBe(1);
  expect(output).toMatch(/Broken\.svelte.*number.*not assignable/);
  expect(output).toMatch(/Broken\.svelte.*nowhere/);
});

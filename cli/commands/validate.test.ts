import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meshproof } from '../testing/fake-terminal.ts';

const GOOD = `apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: reviews}
spec:
  stable: v1
  versions:
    v1: {endpoints: ["127.0.0.1:9081"]}
`;

const BAD = `apiVersion: meshproof.dev/v1
kind: Route
metadata: {name: reviews}
spec:
  service: reviws
  rules:
    - split: [{version: v2, weight: 5}]
---
apiVersion: meshproof.dev/v1
kind: Route
metadata: {name: other}
spec:
  service: reviews
  rules:
    - timeut: 2s
---
apiVersion: meshproof.dev/v1
kind: Fault
metadata: {name: slow}
spec: {service: reviews, percnt: 5, delay: {fixed: 3}}
`;

describe('validate', () => {
  let cwd = '';
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'meshproof-validate-'));
    writeFileSync(join(cwd, 'service.yaml'), GOOD);
    writeFileSync(join(cwd, 'routes.yaml'), BAD);
  });
  afterAll(() => {
    rmSync(cwd, { recursive: true });
  });

  it('says how much was checked when all is valid', async () => {
    expect(await meshproof(['validate', 'service.yaml'], { cwd })).toEqual({
      exit: 0,
      stdout: 'valid: 1 document in 1 file\n',
      stderr: '',
    });
  });

  it('shows each problem with its line and a caret, across files', async () => {
    const result = await meshproof(['validate', 'service.yaml', 'routes.yaml'], { cwd });
    expect(result.exit).toBe(65);
    await expect(result.stdout).toMatchFileSnapshot('../testing/golden/validate.txt');
    expect(result.stderr).toBe('4 problems in 1 of 2 files\n');
  });

  it('prints the same as JSON', async () => {
    const result = await meshproof(['validate', '.', '-o', 'json'], { cwd });
    expect(result.exit).toBe(65);
    await expect(result.stdout).toMatchFileSnapshot('../testing/golden/validate.json');
  });

  it('names a file that cannot be read instead of failing', async () => {
    const result = await meshproof(['validate', 'absent.yaml'], { cwd });
    expect(result.exit).toBe(65);
    expect(result.stdout).toBe('absent.yaml:1:1: the file cannot be read; is the name right?\n');
  });

  it('refuses a folder without documents', async () => {
    const empty = mkdtempSync(join(cwd, 'empty-'));
    expect((await meshproof(['validate', empty], { cwd })).exit).toBe(64);
  });

  it('finds the scenarios that come with the program valid', async () => {
    const files = ['scenarios/shop/shop.yaml', 'scenarios/canary-bad.yaml', 'scenarios/canary-good.yaml'];
    expect((await meshproof(['validate', ...files])).stdout).toBe('valid: 11 documents in 3 files\n');
  });
});

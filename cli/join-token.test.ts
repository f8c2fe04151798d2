import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { Options } from './command.ts';
import { UsageError } from './failure.ts';
import { joinToken } from './join-token.ts';

const CONTROL = 'http://c';
let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'meshproof-token-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'shop.token'), 'from-the-file\n');
  writeFileSync(join(cwd, 'empty.token'), '\n');
});

it('comes from the file, else from the environment', () => {
  const env = { MESHPROOF_TOKEN: 'from-the-environment' };
  const withFile = new Options({ tokenFile: 'shop.token' });
  expect(joinToken(withFile, { cwd, env }, CONTROL)).toEqual({ token: 'from-the-file' });
  expect(joinToken(new Options({}), { cwd, env }, CONTROL)).toEqual({ token: 'from-the-environment' });
  expect(joinToken(new Options({}), { cwd, env: {} }, CONTROL)).toEqual({});
  expect(joinToken(new Options({}), { cwd, env: { MESHPROOF_TOKEN: '' } }, CONTROL)).toEqual({});
  expect(joinToken(new Options({}), { cwd, env }, undefined), 'a proxy from files asks nobody').toEqual({});
});

it('is missed when a file was named and holds none, or nobody is asked', () => {
  for (const tokenFile of ['none.token', 'empty.token']) {
    expect(() => joinToken(new Options({ tokenFile }), { cwd, env: {} }, CONTROL)).toThrow(UsageError);
  }
  expect(() => joinToken(new Options({ tokenFile: 'shop.token' }), { cwd, env: {} }, undefined)).toThrow(UsageError);
});

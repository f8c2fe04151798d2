import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { AuthorityView } from '../../contracts/authority.ts';
import { tokenFor } from '../../contracts/identity-proof.ts';
import { fakeControl } from '../testing/fake-control.ts';
import { meshproof } from '../testing/fake-terminal.ts';
import type { Result } from '../testing/fake-terminal.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'meshproof-ca-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
});

describe('ca token', () => {
  const token = (name: string): Promise<Result> => meshproof(['ca', 'token', name, '--data', 'data'], { cwd });

  it('prints the token of one name, from the data directory of the control plane', async () => {
    mkdirSync(join(cwd, 'data/identity'), { recursive: true });
    writeFileSync(join(cwd, 'data/identity/join.secret'), 'secret');
    for (const name of ['shop', 'gateway/edge']) {
      expect(await token(name)).toMatchObject({ exit: 0, stdout: `${tokenFor(name, 'secret')}\n` });
    }
  });

  it('says what is wrong when no control plane has run there, or the name is none', async () => {
    for (const name of ['shop', 'Shop', 'route/edge', 'service/shop']) {
      expect(await token(name)).toMatchObject({ exit: 64, stdout: '' });
    }
  });
});

const VIEW: AuthorityView = {
  trustDomain: 'test.mesh',
  lifetimeMs: 3_600_000,
  roots: [
    {
      fingerprint: 'AA:BB:CC',
      stage: 'signing',
      notAfter: '2036-01-01T00:00:00.000Z',
      signsFrom: null,
      goneFrom: '2026-01-02T00:00:00.000Z',
    },
    {
      fingerprint: 'DD:EE:FF',
      stage: 'coming',
      notAfter: '2036-02-01T00:00:00.000Z',
      signsFrom: '2026-01-01T00:00:00.000Z',
      goneFrom: null,
    },
  ],
  issued: 7,
  refused: 1,
  bundle: 'PEM',
};

describe('ca show and ca rotate', () => {
  it('show the roots with their stages, or the whole as JSON', async () => {
    const control = await fakeControl({ 'GET /api/v1/ca': { body: VIEW }, 'POST /api/v1/ca/rotate': { body: VIEW } });
    onTestFinished(() => control.close());
    const ask = (...argv: string[]): Promise<Result> =>
      meshproof(['ca', ...argv], { cwd, env: { MESHPROOF_SERVER: control.url } });
    const { stdout } = await ask('show');
    expect(stdout).toContain('trust domain test.mesh; certificates last 1h; 7 given out, 1 refused');
    expect(stdout).toMatch(/AA:BB:CC +signing +- +2026-01-02/);
    expect(stdout).toMatch(/DD:EE:FF +coming +2026-01-01\S+ +2036-02-01/);
    expect((await ask('rotate')).stdout).toBe(stdout);
    expect(JSON.parse((await ask('show', '-o', 'json')).stdout)).toEqual(VIEW);
  });
});

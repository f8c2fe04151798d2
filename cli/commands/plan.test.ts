import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meshproof } from '../testing/fake-terminal.ts';

const CANARY = `
apiVersion: meshproof.dev/v1
kind: Canary
metadata: {name: reviews-v2}
spec: {service: reviews, baseline: v1, candidate: v2}
`;

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'plan-'));
  await writeFile(join(cwd, 'canary.yaml'), CANARY);
});
afterEach(() => rm(cwd, { recursive: true }));

describe('plan', () => {
  it('answers from a rate alone, in words and as JSON', async () => {
    const text = await meshproof(['plan', 'canary.yaml', '--rate', '6000'], { cwd });
    expect(text.exit).toBe(0);
    expect(text.stdout).toContain('6,000 requests a minute');
    expect(text.stdout).toMatch(/success-rate {2}\+1 pp errors\s+FAIL/);
    const json = await meshproof(['plan', 'canary.yaml', '--rate', '6000', '-o', 'json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'reviews-v2', refusals: [], maxSharePpm: 500_000 });
  });

  it('goes without traffic when no control plane answers', async () => {
    const { exit, stdout } = await meshproof(['plan', 'canary.yaml', '--server', 'http://127.0.0.1:1'], { cwd });
    expect(exit).toBe(0);
    expect(stdout).toContain('the traffic is not known');
  });

  it('outlines every other kind, part by part', async () => {
    const chaos = `
apiVersion: meshproof.dev/v1
kind: Chaos
metadata: {name: slow}
spec:
  service: reviews
  steadyState: {metrics: [{name: success-rate, min: 99}]}
  faults: [{name: late, for: 2m, fault: {service: reviews, percent: 5, delay: {fixed: 400ms}}}]
`;
    await writeFile(join(cwd, 'chaos.yaml'), chaos);
    const text = await meshproof(['plan', 'chaos.yaml', '--rate', '6000'], { cwd });
    expect(text.exit).toBe(0);
    expect(text.stdout).toMatch(/^slow {2}Chaos of reviews\n/);
    expect(text.stdout).toMatch(/\nlate +reviews +5% +10s +2m +300\n/);
    const json = await meshproof(['plan', 'chaos.yaml', '--rate', '6000', '-o', 'json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'Chaos', parts: [{ perMinute: 300 }], refusals: [] });
  });

  it('wants a valid canary', async () => {
    await writeFile(join(cwd, 'bad.yaml'), CANARY.replace('candidate', 'candidat'));
    expect((await meshproof(['plan', 'bad.yaml', '--rate', '1'], { cwd })).exit).toBe(65);
    expect((await meshproof(['plan', 'canary.yaml', '--rate', '-1'], { cwd })).exit).toBe(64);
  });
});

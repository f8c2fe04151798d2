import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../commands.ts';
import { completionScript, SHELLS } from './script.ts';

/** What bash offers for a line that ends where the cursor is. */
function offered(words: readonly string[]): string[] {
  const list = ['meshproof', ...words].map((w) => `'${w}'`).join(' ');
  const script = `${completionScript('bash', COMMANDS)}
COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _meshproof; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: '/' });
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

describe('completion', () => {
  it('knows every command in every shell', () => {
    for (const shell of SHELLS) {
      const script = completionScript(shell, COMMANDS);
      for (const { name } of COMMANDS) expect(script).toContain(name.split(' ').at(-1));
    }
  });

  it('offers commands, the second word of a group, and options', () => {
    expect(offered(['val'])).toEqual(['validate']);
    expect(offered(['gate', 'w'])).toEqual(['wait']);
    expect(offered(['gate', 'wait', 'reviews-v2', '--ti'])).toEqual(['--timeout']);
    expect(offered(['schema', 'Can'])).toEqual(['Canary']);
  });
});

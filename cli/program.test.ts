import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { meshproof } from './testing/fake-terminal.ts';

describe('the command line', () => {
  it('leads its help with examples', async () => {
    const { exit, stdout } = await meshproof(['--help']);
    expect(exit).toBe(0);
    await expect(stdout).toMatchFileSnapshot('./testing/golden/help.txt');
  });

  it.each(COMMANDS.map((c) => c.name))('%s shows examples before its usage', async (name) => {
    const { exit, stdout } = await meshproof([...name.split(' '), '--help']);
    expect(exit).toBe(0);
    expect(stdout.indexOf('Examples:')).toBe(0);
    expect(stdout.indexOf('Usage: meshproof')).toBeGreaterThan(0);
  });

  it('exits 64 and names the nearest command', async () => {
    const { exit, stdout, stderr } = await meshproof(['vlidate']);
    expect(exit).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain('Did you mean validate?');
  });

  it('exits 64 and names the nearest option', async () => {
    const { exit, stderr } = await meshproof(['run', 'x.yaml', '--wiat']);
    expect(exit).toBe(64);
    expect(stderr).toContain('Did you mean --wait?');
  });

  it('exits 64 without a command, and shows the help as a message', async () => {
    const { exit, stdout, stderr } = await meshproof([]);
    expect(exit).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: meshproof');
  });

  it.each([
    [['halt', '--timeout', '10 s'], 'is not a duration'],
    [['demo', '--port-base', '80'], '--port-base "80"'],
    [['get', 'experimnts'], 'experimnts'],
    [['explain', 'UPSTREAM_TIMEOT'], 'UPSTREAM_TIMEOT'],
    [['schema', 'Canry'], 'Canary'],
    [['halt', '--server', 'http://['], 'not the address of a server'],
    [['proxy'], 'either -f FILE or --control URL'],
  ])('exits 64 for %s', async (argv, message) => {
    const { exit, stderr } = await meshproof(argv);
    expect(exit).toBe(64);
    expect(stderr).toContain(message);
  });

  it('takes --version of a command for its own option', async () => {
    const { exit, stderr } = await meshproof([
      'proxy',
      '--control',
      'http://x',
      '--version',
      'v1',
      '--gateway',
      'a',
      '--service',
      'b',
    ]);
    expect(exit).toBe(64);
    expect(stderr).toContain('either a gateway or a sidecar');
  });

  it('explains an error code', async () => {
    const { exit, stdout } = await meshproof(['explain', 'upstream_timeout']);
    expect(exit).toBe(0);
    expect(stdout).toContain('UPSTREAM_TIMEOUT   504  upstream  the endpoint did not answer in time');
  });
});

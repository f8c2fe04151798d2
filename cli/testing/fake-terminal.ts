/** A terminal for tests: collects what is printed. */
import pc from 'picocolors';
import { runCommandLine } from '../program.ts';
import type { Terminal } from '../terminal.ts';

export type FakeTerminal = Terminal & { readonly stdout: () => string; readonly stderr: () => string };

export function fakeTerminal(overrides: Partial<Terminal> = {}): FakeTerminal {
  let stdout = '';
  let stderr = '';
  return {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    live: false,
    columns: () => 100,
    colors: pc.createColors(false),
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    ...overrides,
    stdout: () => stdout,
    stderr: () => stderr,
  };
}

export type Result = { readonly exit: number; readonly stdout: string; readonly stderr: string };

/** Runs one command line as a person would type it. */
export async function meshproof(argv: readonly string[], overrides: Partial<Terminal> = {}): Promise<Result> {
  const terminal = fakeTerminal(overrides);
  const exit = await runCommandLine(argv, terminal);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

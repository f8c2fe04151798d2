/** The Go programs that test us: found where they were installed, and run to their end. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { settingOf } from '../../loadtests/bench/setting.ts';

/** By the name of their binary; what `go install` makes each from. */
export const GO_PROGRAMS = {
  h2spec: 'github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible',
  client: 'google.golang.org/grpc/interop/client@v1.85.0',
  server: 'google.golang.org/grpc/interop/server@v1.85.0',
  k6: 'go.k6.io/k6@v1.8.1',
} as const;
export type GoProgram = keyof typeof GO_PROGRAMS;

/** MESHPROOF_GO_BIN, or ~/.cache/meshproof/bin. */
export function goBin(): string {
  return settingOf('MESHPROOF_GO_BIN', join(homedir(), '.cache', 'meshproof', 'bin'));
}

/** Names as common as `client` are looked for in our own folder only. @returns undefined when it is not installed */
export function findGoProgram(name: GoProgram): string | undefined {
  const folders =
    name === 'h2spec' || name === 'k6' ? [goBin(), ...(process.env['PATH'] ?? '').split(delimiter)] : [goBin()];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One line that says what is missing and how to get it. */
export function missingLine(name: GoProgram): string {
  return `${name} is not installed: GOBIN=${goBin()} go install ${GO_PROGRAMS[name]}`;
}

export type Finished = { readonly code: number | null; readonly output: string };

/** Runs a program and gathers what it prints; it is killed when it takes longer than `limitMs`. */
export function runToEnd(program: string, args: readonly string[], limitMs: number): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL' });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

const MAY_SKIP = process.env['CI'] !== 'true';

/** Says once what is missing. @returns false where the tests are to be skipped: never in CI */
export function canRun(...names: readonly GoProgram[]): boolean {
  const missing = names.filter((name) => findGoProgram(name) === undefined);
  if (MAY_SKIP) for (const name of missing) console.log(`skipped: ${missingLine(name)}`);
  return missing.length === 0 || !MAY_SKIP;
}

/** @throws Error that says how to install it */
export function programOf(name: GoProgram): string {
  const path = findGoProgram(name);
  if (path === undefined) throw new Error(missingLine(name));
  return path;
}

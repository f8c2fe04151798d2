/** A chain: the programs between client and upstream that are measured as one, each on a port of its own. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, has, start, stop } from './programs.ts';
import type { Place, Subject } from './subjects.ts';

/** Makes one program that forwards from its place's port to its upstream port. */
export type Maker = (place: Place) => Subject;
export type Chain = {
  readonly name: string;
  /** From the client to the upstream. */
  readonly hops: readonly Maker[];
};
export type Running = { readonly name: string; readonly port: number; readonly pids: readonly number[] };

/** Those that can be started here; of the others a line is said, once. */
export function presentOf(chains: readonly Chain[], folder: string): Chain[] {
  return chains.filter((chain) => {
    const missing = missingProgram(chain, folder);
    const line = `${chain.name}: ${missing} is not installed, skipped`;
    if (missing !== undefined && !said.has(line)) console.log(line);
    said.add(line);
    return missing === undefined;
  });
}

const said = new Set<string>();

function missingProgram(chain: Chain, folder: string): string | undefined {
  return chain.hops
    .map((make) => make({ folder: inside(folder, 'probe'), port: 1, upstreamPort: 1 }).command)
    .find((command) => !has(command));
}

/** Starts the chain, last hop first, runs `use`, and stops it. */
export async function withChain<T>(
  chain: Chain,
  folder: string,
  upstreamPort: number,
  use: (running: Running) => Promise<T>,
): Promise<T> {
  const children: ChildProcess[] = [];
  let nextPort = upstreamPort;
  try {
    for (const [i, make] of [...chain.hops.entries()].toReversed()) {
      const port = await freePort();
      const subject = make({ folder: inside(folder, `${chain.name}-${i}`), port, upstreamPort: nextPort });
      children.push(await start(subject, port, 'subject'));
      nextPort = port;
    }
    return await use({ name: chain.name, port: nextPort, pids: children.flatMap(({ pid }) => pid ?? []) });
  } finally {
    for (const child of children) await stop(child);
  }
}

export function inside(folder: string, name: string): string {
  const path = join(folder, name.replaceAll(/[^\w-]/g, '-'));
  mkdirSync(path, { recursive: true });
  return path;
}

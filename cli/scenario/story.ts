/** The story of a scenario: what its README.md says in front matter. Everything that is written there is acted on. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { MeshproofError } from '../../contracts/errors.ts';
import { Phase } from '../../contracts/experiment.ts';
import { Duration } from '../../contracts/units.ts';
import { Verdict } from '../../contracts/verdict.ts';
import { PACKAGE_ROOT } from '../version.ts';

const Count = z
  .strictObject({ atLeast: z.int().min(0).default(0), atMost: z.int().min(0).optional() })
  .refine((c) => c.atMost === undefined || c.atLeast <= c.atMost, 'atLeast is more than atMost');
export type Count = z.output<typeof Count>;

/** When: at the first sight of this phase, and so long after it. */
const Cue = { phase: Phase, after: Duration.prefault('0s') };

export const Group = z.strictObject({
  /** Who they are, for people. */
  name: z.string().min(1),
  rate: z.number().positive().max(5_000),
  /** `{n}` runs through 0 … distinct - 1. */
  path: z.string().startsWith('/').default('/products/{n}'),
  distinct: z.int().min(1).default(500),
  /** This percentage of the requests are POSTs. */
  writes: z.number().min(0).max(100).default(0),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sends each request a few bytes at a time, over so long. */
  slowly: Duration.optional(),
  /** Comes only then; else from before the experiment to its end. */
  during: z.strictObject({ ...Cue, for: Duration.optional() }).optional(),
  /** Requests that were not answered 200, while the experiment ran. */
  lost: Count,
});
export type Group = z.output<typeof Group>;

export const Action = z
  .strictObject({
    ...Cue,
    /** Name of a process as in `meshproof up`: SIGKILL; it is started again. */
    kill: z.string().optional(),
    /** SIGSTOP, and SIGCONT when `for` is over. */
    pause: z.string().optional(),
    for: Duration.prefault('2s'),
  })
  .refine((a) => (a.kill === undefined) !== (a.pause === undefined), 'give exactly one of kill, pause');
export type Action = z.output<typeof Action>;

export const Story = z.strictObject({
  title: z.string().min(1),
  hypothesis: z.string().min(1),
  teaches: z.string().min(1),
  traffic: z.array(Group).default([]),
  actions: z.array(Action).default([]),
  expect: z.strictObject({
    verdict: Verdict,
    phase: Phase,
    /** Phases that it has to come through on its way. */
    through: z.array(Phase).default([]),
    /** The metric or check that says FAIL. */
    failedBy: z.string().optional(),
    /** By the experiment's own count: answers that the shield kept from users. */
    shielded: Count.optional(),
  }),
});
export type Story = z.output<typeof Story>;

export type Scenario = { readonly name: string; readonly folder: string; readonly story: Story };

const SCENARIOS = join(PACKAGE_ROOT, 'scenarios');
const FRONT_MATTER = /^---\n([\s\S]*?)\n---\n/;

/** All scenarios, by name. @throws MeshproofError DOCUMENT_INVALID */
export async function listScenarios(): Promise<readonly Scenario[]> {
  const found: Scenario[] = [];
  for (const entry of await readdir(SCENARIOS, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(SCENARIOS, entry.name);
    const names = await readdir(folder);
    if (names.includes('experiment.yaml')) found.push(await readScenario(entry.name, folder));
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One scenario from its folder. @throws MeshproofError DOCUMENT_INVALID */
export async function readScenario(name: string, folder: string): Promise<Scenario> {
  const file = join(folder, 'README.md');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new MeshproofError('DOCUMENT_INVALID', `${file} cannot be read: ${String(error)}`);
  });
  const front = FRONT_MATTER.exec(text)?.[1];
  if (front === undefined) throw new MeshproofError('DOCUMENT_INVALID', `${file}: there is no front matter`);
  return { name, folder, story: storyIn(front, file) };
}

/** @param file - for messages @throws MeshproofError DOCUMENT_INVALID */
export function storyIn(front: string, file: string): Story {
  let value: unknown;
  try {
    value = parse(front);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new MeshproofError('DOCUMENT_INVALID', `${file}: ${error.message}`);
    throw error;
  }
  const read = Story.safeParse(value);
  if (read.success) return read.data;
  const why = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new MeshproofError('DOCUMENT_INVALID', `${file}: ${why}`);
}

/**
 * `npm run kill -- [--kills 200] [--seed N] [--kind Canary]`: for each kind of experiment, real processes and steady traffic, and
 * the control plane is killed (SIGKILL) at random instants until it was killed so often. Every run must end as it would
 * have, each effect once, the journal's chain whole, nothing in force after its lease, and no request lost. Loopback.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../proxy/random.ts';
import { Mesh, passing } from '../../test/e2e/crash/mesh.ts';
import { LeaseWatch, problemsOf } from './checks.ts';
import { LEASE_MS, play, TRIALS } from './kinds.ts';
import type { Trial } from './kinds.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kind: { type: 'string', multiple: true },
  },
});
const USERS_PER_SECOND = 150;
/** So many different ones ask in turn. */
const MANY_USERS = 2_003;
/** One kill in so many is followed by more silence than a lease lasts. */
const LONG_SILENCE_EVERY = 8;
/** From the first to the last effect of these runs pass about five seconds. */
const LONGEST_GAP_MS = 2_500;
const ENDS_WITHIN_MS = 120_000;

type Tally = { kills: number; runs: number; silences: number; readonly phases: Map<string, number> };

async function runOnce(mesh: Mesh, watch: LeaseWatch, trial: Trial, random: Random, tally: Tally): Promise<string[]> {
  const name = `${trial.kind.toLowerCase()}-${++tally.runs}`;
  const below = (limit: number): number => random.uint32() % limit;
  await mesh.declare();
  play(mesh, trial);
  await mesh.runKind(trial.kind, { service: 'reviews', ...trial.spec }, name);
  while (tally.kills < wanted) {
    await passing(below(LONGEST_GAP_MS));
    const { phase, endedAt } = await mesh.view(name);
    if (endedAt !== null) break;
    tally.phases.set(phase, (tally.phases.get(phase) ?? 0) + 1);
    await mesh.killControl();
    tally.kills++;
    if (below(LONG_SILENCE_EVERY) === 0) {
      tally.silences++;
      await passing(LEASE_MS + 2_000);
      await watch.nothingLaid(`${name}, ${LEASE_MS + 2_000} ms after a kill`);
    }
    await mesh.startControl();
  }
  const view = await mesh.viewWhere((v) => v.endedAt !== null, ENDS_WITHIN_MS, name);
  const problems = problemsOf(trial, view, await mesh.journal(name));
  const stable = await mesh.stable();
  const wantedStable = view.phase === 'promoted' ? 'v2' : 'v1';
  if (stable !== wantedStable) problems.push(`${view.phase}, but stable is ${stable}`);
  await watch.nothingLaid(`${name}, at its end`);
  return problems.map((problem) => `${name}: ${problem}`);
}

async function kill(kind: string, trials: readonly Trial[], random: Random): Promise<string[]> {
  const mesh = await Mesh.start(USERS_PER_SECOND, (n) => ({ 'x-user': `user-${n % MANY_USERS}` }));
  const watch = new LeaseWatch(mesh);
  const tally: Tally = { kills: 0, runs: 0, silences: 0, phases: new Map() };
  const problems: string[] = [];
  try {
    while (tally.kills < wanted) {
      const trial = trials[tally.runs % trials.length];
      if (trial) problems.push(...(await runOnce(mesh, watch, trial, random, tally)));
    }
  } finally {
    await watch.stop();
    await mesh.close();
  }
  const onPurpose = new Set<string | undefined>(trials.map(({ breaks }) => breaks));
  const lost = mesh.users.lost.filter((why) => !onPurpose.has(why));
  problems.push(...watch.problems, ...lost.map((why) => `a request was lost: ${why}`));
  const phases = [...tally.phases].map(([phase, kills]) => `${phase} ${kills}`).join(', ');
  console.log(
    `${kind}: ${tally.kills} kills in ${tally.runs} runs (${phases}), ${tally.silences} silences beyond the lease`,
  );
  console.log(`${kind}: ${mesh.users.answered} requests answered, ${problems.length} problems`);
  return problems;
}

const wanted = Number(values.kills);
const random = new Random(Number(values.seed));
console.log(`seed ${values.seed}`);
const kinds = values.kind ?? [...new Set(TRIALS.map(({ kind }) => kind))];
let failed = false;
for (const kind of kinds) {
  const problems = await kill(
    kind,
    TRIALS.filter((trial) => trial.kind === kind),
    random,
  );
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  failed ||= problems.length > 0;
}
process.exitCode = failed ? 1 : 0;

/** Plays one scenario: mesh up, users in, the experiment run to its end, its actions at their cues; then everything down. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView, Phase } from '../../contracts/experiment.ts';
import type { Located } from '../../contracts/parse.ts';
import { follow } from '../api/follow.ts';
import { DEFAULT_BASE, moveDocument } from '../demo/ports-block.ts';
import { isExperiment } from '../documents/load.ts';
import { readFiles } from '../documents/read-files.ts';
import type { Terminal } from '../terminal.ts';
import { hasEnded } from '../text/experiment.ts';
import { LocalMesh } from '../up/mesh.ts';
import { planUp } from '../up/plan.ts';
import { SELF } from '../up/self.ts';
import { Cues } from './cues.ts';
import { Groups } from './groups.ts';
import type { GroupCount } from './outcome.ts';
import type { Scenario } from './story.ts';

const ASK_EVERY_MS = 100;

export type Played = {
  readonly view: ExperimentView;
  /** In the order in which they were seen first. */
  readonly phases: readonly Phase[];
  readonly groups: readonly GroupCount[];
  /** The experiment alone, and with the mesh around it. */
  readonly tookMs: number;
  readonly tookInAllMs: number;
};

export type PlayOptions = {
  readonly base: number;
  readonly timeoutMs: number;
  /** Told of the experiment's progress. */
  readonly onView: (view: ExperimentView) => void;
  readonly tell: (line: string) => void;
};

/** @throws MeshproofError ADDRESS_IN_USE; DOCUMENT_INVALID; INTERNAL when something does not come up, or end in time */
export async function playScenario(scenario: Scenario, terminal: Terminal, options: PlayOptions): Promise<Played> {
  const startMs = performance.now();
  const { experiment, mesh: documents, gateway } = await documentsOf(scenario, options.base, terminal.cwd);
  const dataDir = mkdtempSync(join(tmpdir(), 'meshproof-scenario-'));
  const control = `127.0.0.1:${options.base}`;
  const plan = planUp(documents, { control, dataDir, cwd: terminal.cwd, self: SELF });
  const groups = new Groups(`http://${gateway}`, scenario.story.traffic);
  let mesh: LocalMesh | undefined;
  let cues: Cues | undefined;
  try {
    mesh = await LocalMesh.start({ plan, dataDir, control, tell: options.tell, signal: terminal.signal });
    await groups.start(terminal.signal);
    options.tell(`users are served; ${experiment.metadata.name} begins`);
    groups.mark();
    cues = new Cues(scenario.story, groups, mesh, options.tell);
    const begunMs = performance.now();
    const view = await toItsEnd(experiment, mesh, cues, terminal.signal, options);
    const tookMs = performance.now() - begunMs;
    const counted = await groups.counts();
    return { view, phases: [...cues.seen], groups: counted, tookMs, tookInAllMs: performance.now() - startMs };
  } finally {
    cues?.close();
    await groups.stop();
    await mesh?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function toItsEnd(
  experiment: SourceDocument,
  mesh: LocalMesh,
  cues: Cues,
  signal: AbortSignal,
  options: PlayOptions,
): Promise<ExperimentView> {
  await mesh.client.start(experiment);
  const { value } = await follow<ExperimentView>({
    ask: () => mesh.client.experiment(experiment.metadata.name),
    ended: hasEnded,
    onValue: (view) => {
      cues.see(view);
      options.onView(view);
    },
    onAway: (away) => options.tell(away ? 'the control plane is away' : 'the control plane is back'),
    everyMs: ASK_EVERY_MS,
    nowMs: () => performance.now(),
    deadlineMs: performance.now() + options.timeoutMs,
    signal,
  });
  signal.throwIfAborted();
  if (value && hasEnded(value)) return value;
  throw new MeshproofError('INTERNAL', `${experiment.metadata.name} did not end in time; it is ${value?.phase}`);
}

type Documents = {
  readonly experiment: SourceDocument;
  readonly mesh: readonly Located[];
  /** host:port */
  readonly gateway: string;
};

async function documentsOf({ folder, name }: Scenario, base: number, cwd: string): Promise<Documents> {
  const { documents, problems } = await readFiles([relative(cwd, folder) || '.'], cwd);
  const [problem] = problems;
  if (problem) throw new MeshproofError('DOCUMENT_INVALID', `${problem.file}:${problem.line}: ${problem.message}`);
  const moved = documents.map((located) => moveDocument(located, base - DEFAULT_BASE));
  const mesh = moved.filter((d) => !isExperiment(d));
  const [experiment] = moved.filter(isExperiment);
  const gateway = mesh.find((d) => d.document.kind === 'Gateway')?.document;
  if (!experiment || gateway?.kind !== 'Gateway') {
    throw new MeshproofError('DOCUMENT_INVALID', `${name}: a gateway or an experiment is missing`);
  }
  return { experiment: experiment.source, mesh, gateway: gateway.spec.listen };
}

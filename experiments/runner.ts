/** The runner: all experiments of a control plane, started, fed, resumed and ended. */
import type { CanaryDocument, SourceDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import { checkDocument } from '../contracts/parse.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { ExperimentRun } from './experiment-run.ts';
import { foldJournal } from './journal.ts';
import type { Ports, RunnerApi } from './ports.ts';

export function createRunner(ports: Ports): RunnerApi {
  return new Runner(ports);
}

class Runner implements RunnerApi {
  readonly #ports: Ports;
  /** Newest last; the last run of a name is the one that counts. */
  readonly #runs: ExperimentRun[] = [];

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  async run(id: string, document: CanaryDocument, source: SourceDocument): Promise<ExperimentView> {
    const { name } = document.metadata;
    const { service, baseline, candidate } = document.spec;
    const other = this.#runs.find((r) => !r.over && r.document.spec.service === service);
    if (other?.name === name) throw new MeshproofError('EXPERIMENT_RUNNING', `${name} runs already; abort it first`);
    if (other)
      throw new MeshproofError(
        'EXPERIMENT_OVERLAP',
        `${other.name} touches the traffic of ${service} too; wait for its end or abort it`,
      );
    const run = new ExperimentRun(this.#ports, id, document, source);
    this.#runs.push(run);
    try {
      await this.#check(service, baseline, candidate);
      await run.start();
    } catch (error) {
      this.#runs.splice(this.#runs.indexOf(run), 1);
      throw error;
    }
    return run.view();
  }

  async #check(service: string, baseline: string, candidate: string): Promise<void> {
    const versions = await this.#ports.services.versions(service);
    const stable = await this.#ports.services.stable(service);
    if (stable === undefined)
      throw new MeshproofError('DOCUMENT_INVALID', `there is no Service "${service}"; apply it first`);
    for (const version of [baseline, candidate]) {
      if (!versions.includes(version))
        throw new MeshproofError(
          'DOCUMENT_INVALID',
          `Service "${service}" has no version "${version}"; it has ${versions.join(', ')}`,
        );
    }
    if (stable !== baseline)
      throw new MeshproofError(
        'BASELINE_NOT_STABLE',
        `the stable version of ${service} is ${stable}, the experiment's baseline is ${baseline}`,
      );
  }

  async resume(): Promise<void> {
    for (const id of await this.#ports.journal.list()) {
      const entries = await this.#ports.journal.read(id);
      try {
        const folded = foldJournal(entries);
        const checked = checkDocument(folded.source);
        if (!checked.ok || checked.document.kind !== 'Canary')
          throw new MeshproofError('JOURNAL_DAMAGED', `the document of ${id} is not valid any more`);
        const run = new ExperimentRun(this.#ports, id, checked.document, folded.source);
        this.#runs.push(run);
        run.restore(folded);
      } catch (error) {
        if (!(error instanceof MeshproofError)) throw error;
        await this.#ports.overlays.drop(id);
      }
    }
  }

  observe(rows: readonly ArmRow[]): void {
    for (const run of this.#runs) if (!run.over) run.observe(rows.filter((r) => r.experimentId === run.id));
  }

  tick(): void {
    for (const run of this.#runs) run.tick();
  }

  async abort(name: string, by: string, reason: string): Promise<ExperimentView> {
    const run = this.#running(name);
    run.feed({ type: 'abort', by, reason });
    await run.settled();
    return run.view();
  }

  async promote(name: string, by: string, reason: string): Promise<ExperimentView> {
    const run = this.#running(name);
    run.feed({ type: 'promote', by, reason });
    await run.settled();
    return run.view();
  }

  async halt(by: string, reason: string): Promise<readonly string[]> {
    const running = this.#runs.filter((r) => !r.over);
    for (const run of running) run.feed({ type: 'abort', by, reason });
    await Promise.all(running.map((r) => r.settled()));
    return running.map((r) => r.name);
  }

  views(): readonly ExperimentView[] {
    const seen = new Set<string>();
    return [...this.#runs]
      .reverse()
      .filter((r) => !seen.has(r.name) && seen.add(r.name))
      .map((r) => r.view());
  }

  view(name: string): ExperimentView | undefined {
    return this.#runs.findLast((r) => r.name === name)?.view();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#runs.map((r) => r.settled()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#runs.map((r) => r.close()));
  }

  #running(name: string): ExperimentRun {
    const run = this.#runs.findLast((r) => r.name === name);
    if (!run) throw new MeshproofError('EXPERIMENT_NOT_FOUND', `no experiment "${name}" was run here`);
    if (run.over) throw new MeshproofError('EXPERIMENT_ENDED', `${name} has ended: ${run.view().reason}`);
    return run;
  }
}

/** The declared documents: applied all or nothing, and only as a set that fits together. */
import { CONFIG_KINDS, keyOf } from '../../contracts/document.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import type { ApplyResult } from '../../contracts/api.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { Store } from '../store/store.ts';
import { checkAlone, isConfig, problemsTogether, validOnes } from './check.ts';
import { InvalidDocuments } from './invalid-documents.ts';
import { needsOfDeclared, refuseMissingVersions, refuseNeeded } from './needs.ts';
import type { Need } from './needs.ts';

/** What changed, for those who must tell the proxies. */
export type Change = {
  readonly version: number;
  readonly base: number;
  readonly set: readonly SourceDocument[];
  readonly remove: readonly string[];
};

export class Documents {
  readonly #store: Store;
  readonly #byKey = new Map<string, SourceDocument>();
  #version: number;
  /** One change at a time: each is checked against the set that the one before it left. */
  #last: Promise<unknown> = Promise.resolve();
  onChange: (change: Change) => void = () => {};
  /** What the running experiments need. */
  running: () => readonly Need[] = () => [];

  constructor(store: Store, documents: readonly SourceDocument[], version: number) {
    this.#store = store;
    this.#version = version;
    for (const document of documents) this.#byKey.set(keyOf(document), document);
  }

  static async load(store: Store): Promise<Documents> {
    return new Documents(store, await store.documents(), await store.configVersion());
  }

  get version(): number {
    return this.#version;
  }

  all(): readonly SourceDocument[] {
    return [...this.#byKey.values()];
  }

  /** What the proxies receive. */
  config(): readonly SourceDocument[] {
    return this.all().filter(isConfig);
  }

  get(kind: string, name: string): SourceDocument | undefined {
    return this.#byKey.get(`${kind}/${name}`);
  }

  /** @throws InvalidDocuments with every problem, or MeshproofError DOCUMENT_IN_USE; then nothing is changed */
  apply(sources: readonly SourceDocument[], dryRun: boolean): Promise<ApplyResult> {
    return this.#next(async () => {
      this.#check(sources);
      const results = sources.map((source) => ({ key: keyOf(source), action: this.#actionOf(source) }));
      const changed = sources.filter((source) => this.#actionOf(source) !== 'unchanged');
      if (!dryRun && changed.length > 0) await this.#change(changed, []);
      return { version: this.#version, results };
    });
  }

  /** @throws MeshproofError DOCUMENT_NOT_FOUND, or DOCUMENT_IN_USE when another document or a running experiment needs it */
  remove(kind: string, name: string): Promise<void> {
    const key = `${kind}/${name}`;
    return this.#next(async () => {
      const source = this.#byKey.get(key);
      if (!source) throw new MeshproofError('DOCUMENT_NOT_FOUND', `${key} is not declared`);
      const rest = this.all().filter((d) => d !== source);
      const [problem] = problemsTogether(validOnes(rest.filter(isConfig)));
      if (problem)
        throw new MeshproofError('DOCUMENT_IN_USE', `${problem.path}: ${problem.message}; change or delete that first`);
      refuseNeeded(source, [...this.running(), ...needsOfDeclared(validOnes(rest))]);
      await this.#change([], [key]);
    });
  }

  /** Removes every fault, as a halt does: one that is to come back is declared anew. @returns their names */
  removeFaults(): Promise<readonly string[]> {
    return this.#next(async () => {
      const faults = this.all().filter((d) => d.kind === 'Fault');
      if (faults.length > 0) await this.#change([], faults.map(keyOf));
      return faults.map((d) => d.metadata.name);
    });
  }

  /** Rewrites one document in its present form, in turn with all other changes. @returns false when nothing was to be done */
  edit(kind: string, name: string, change: (source: SourceDocument) => SourceDocument | undefined): Promise<boolean> {
    return this.#next(async () => {
      const source = this.get(kind, name);
      if (!source) throw new MeshproofError('DOCUMENT_NOT_FOUND', `${kind}/${name} is not declared`);
      const changed = change(source);
      if (!changed) return false;
      this.#check([changed]);
      await this.#change([changed], []);
      return true;
    });
  }

  async #change(set: readonly SourceDocument[], remove: readonly string[]): Promise<void> {
    const configSet = set.filter(isConfig);
    const configRemove = remove.filter((key) => CONFIG_KINDS.some((kind) => key.startsWith(`${kind}/`)));
    const bumps = configSet.length + configRemove.length > 0;
    const base = this.#version;
    this.#version = await this.#store.changeDocuments(set, remove, bumps);
    for (const source of set) this.#byKey.set(keyOf(source), source);
    for (const key of remove) this.#byKey.delete(key);
    if (bumps) this.onChange({ version: this.#version, base, set: configSet, remove: configRemove });
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** By themselves, with the configuration as it would be, and with what runs on it. */
  #check(sources: readonly SourceDocument[]): void {
    const documents = checkAlone(sources);
    const keys = new Set(documents.map((d) => keyOf(d)));
    const others = validOnes(this.config().filter((d) => !keys.has(keyOf(d))));
    const problems = problemsTogether([...others, ...documents]);
    if (problems.length > 0) throw new InvalidDocuments(problems);
    refuseMissingVersions(documents, this.running());
  }

  #actionOf(source: SourceDocument): 'created' | 'changed' | 'unchanged' {
    const old = this.#byKey.get(keyOf(source));
    if (!old) return 'created';
    return JSON.stringify(old) === JSON.stringify(source) ? 'unchanged' : 'changed';
  }
}
